"""Who may import whom: the rows of the package, its real import statements, and a picture of both.

`tests/test_imports.py` fails on an arrow that `LAYERS` does not allow; the page 3_how_it_is_built shows the picture.
"""
import ast, json, re
from functools import cache
from importlib.util import resolve_name

# From the ground up. A module may import any module of a lower row. Modules that share a row do not import one another,
# unless they belong to one group: `vision.*` is one group, so is `callbacks.*`. Imports stand at the top of a module: one inside
# a function, which comes late, is allowed for other packages only. `import fastcourse` alone waits for the basics that it offers.
LAYERS = [
    ['foundation'],
    ['progress', 'showdoc'],
    ['workers'],
    ['files'],
    ['archives'],
    ['gguf', 'shards', 'weights'],
    ['parquet'],
    ['toy_pictures', 'toy_tables', 'toy_texts'],
    ['torch_core'],
    ['answers', 'registry', 'utils.*'],
    ['losses'],
    ['layers', 'metrics', 'optimizer', 'rare_losses'],
    ['mask_metrics'],
    ['items'],
    ['splits'],
    ['labels'],
    ['labelled'],
    ['memory', 'samplers'],
    ['loader'],
    ['pairs', 'tensor_loader'],
    ['basic_data'],
    ['multi_input'],
    ['callback'],
    ['schedule'],
    ['recorder', 'scale', 'train_checks'],
    ['basic_train'],
    ['checkpoint', 'inference'],
    ['callbacks.*'],
    ['train', 'fine_tune', 'interpret', 'kept', 'profile'],
    ['groups', 'fit_head'],
    ['baseline'],
    ['reports', 'predictor'],
    ['frozen'],
    ['model_card'],
    ['away.model', 'away.reading'],
    ['vision.*', 'text.*', 'tabular.*'],
    ['collab'],
    ['widgets.*', 'export'],
    ['away.*'],
]
# Modules that only gather names for users; the library itself does not import them.
USER = ['', 'utils', 'core', 'datasets', 'data_block', 'basics', 'vision', 'vision.image', 'text', 'tabular', 'callbacks',
        'widgets', 'collab', 'away']
# What a module adds to classes of other modules, when it is imported: methods by `@patch`, and class attributes. A class has all
# else in its own module. `{module: ['Class.name', ..]}`; tests/test_imports.py compares it with the source.
CONTINUED = {
    'splits': ['ItemList.split_by_idxs', 'ItemList.split_by_idx', 'ItemList.split_by_list', 'ItemList.split_none',
               'ItemList.no_split', 'ItemList.split_by_rand_pct', 'ItemList.random_split_by_pct', 'ItemList.split_subsets',
               'ItemList.split_by_folder', 'ItemList.split_by_valid_func', 'ItemList.split_by_files',
               'ItemList.split_by_fname_file', 'ItemList.split_from_df', 'ItemList.split_by_group',
               'ItemList.split_stratified'],
    'labels': ['ItemList.fit', 'ItemList.process', 'ItemList._steps', 'ItemList.process_one', 'ItemList.unknown', 'ItemList.unmatched', 'ItemList.counts'],
    'labelled': ['ItemList.new_pipeline', 'ItemList.as_list', 'ItemLists.label_with', 'ItemList.label_class',
                 'ItemList.label_from_list', 'ItemLists.label_from_list', 'ItemLists.label_from_lists',
                 'ItemList.label_from_func', 'ItemList.label_from_folder', 'ItemList.label_from_re', 'ItemList.label_from_df',
                 'ItemList.label_const', 'ItemList.label_empty'],
    'tensor_loader': ['ItemList.tensors', 'CategoryList.tensors', 'MultiCategoryList.tensors', 'FloatList.tensors',
                      'EmptyLabelList.tensors'],
    'basic_data': ['ItemList.bunch_for', 'LabelLists.databunch', 'ItemList.as_item'],
    'checkpoint': ['Learner.save', 'Learner.load', 'Learner._n_learning', 'Learner.save_state', 'Learner.resume_callback'],
    'profile': ['Learner.profile', 'Learner.explain_step'],
    'inference': ['Learner.validate', 'Learner.get_preds', 'Learner.pred_batch', 'Learner.predict',
                  'Learner.predict_with_mc_dropout', 'Learner.show_results'],
    'callbacks.compiled': ['Learner.compile', 'Learner.channels_last'],
    'callbacks.fp16': ['Learner.to_fp32', 'Learner.to_bf16', 'Learner.to_fp16'],
    'callbacks.general_sched': ['Learner.fit_fc'],
    'callbacks.hooks': ['Learner.summary'],
    'callbacks.mixup': ['Learner.mixup'],
    'kept': ['ItemList._key', 'ItemList._reading_order', 'ItemList._read_by'],
    'fit_head': ['Learner._view', 'Learner._views', 'Learner.fit_head'],
    'away.server': ['Learner.serve'],
    'away.publish': ['Learner.publish', 'Learner.push_to_hub'],
    'baseline': ['ItemList.plain_answer', 'CategoryList.plain_answer', 'MultiCategoryList.plain_answer',
                 'FloatList.plain_answer', 'ItemList.plain_fit', 'CategoryList.plain_fit', 'MultiCategoryList.plain_fit',
                 'FloatList.plain_fit', 'ItemList.plain_tool', 'Interpretation._scores',
                 'ClassificationInterpretation._scores', 'MultiLabelClassificationInterpretation._scores',
                 'Interpretation.baseline', 'Interpretation._item_losses', 'Learner.baseline'],
    'text.baseline': ['TextList.plain_tool'],
    'tabular.baseline': ['TabularList.plain_tool'],
    'vision.baseline': ['ImageList.plain_tool', 'PointsLabelList.plain_answer'],
    'interpret': ['ItemBase.tta_preds', 'ItemBase.heatmaps', 'ItemBase.lay_over', 'ItemList.show_top_losses',
                  'ItemList._interpretation', 'CategoryList._interpretation', 'MultiCategoryList._interpretation',
                  'Learner.interpret'],
    'train': ['Learner.clip_grad'],
    'fine_tune': ['Learner.fine_tune'],
    'groups': ['Interpretation.item_errors', 'ClassificationInterpretation.item_errors',
               'MultiLabelClassificationInterpretation.item_errors', 'Interpretation.by_group', 'Interpretation.plot_groups',
               'Interpretation._grouped', 'Interpretation.confusion_by_group'],
    'reports': ['ItemList.same_keys', 'ItemList.near_pairs', 'ItemList.add_facts'],
    'frozen': ['ItemList.told_answer', 'CategoryList.told_answer', 'MultiCategoryList.told_answer', 'FloatList.told_answer',
               'ItemList.told_inputs', 'ItemList.told_word', 'ItemList.frozen_model', 'ItemList.sample_items', 'Learner.predictor'],
    'vision.away': ['ImageList.told_inputs', 'SegmentationLabelList.told_answer', 'PointsLabelList.told_answer',
                    'ImageList.told_answer'],
    'text.away': ['TextList.told_inputs', 'TextList.frozen_model'],
    'text.page': ['TextReader.for_page'],
    'tabular.away': ['TabularList.told_inputs', 'TabularList.told_word', 'TabularList.sample_items'],
    'away.onnx': ['Learner.to_onnx', 'Learner.to_torch_export'],
    'away.page': ['Learner.to_html'],
    'vision.sheet': ['ImageList.same_keys', 'ImageList.near_pairs', 'ImageList.add_facts'],
    'text.sheet': ['TextList.same_keys', 'TextList.near_pairs', 'TextList.add_facts'],
    'tabular.sheet': ['TabularList.same_keys'],
    'tabular.interpret': ['TabularLearner.feature_importance', 'TabularLearner.plot_feature_importance',
                          'TabularLearner.partial_dependence', 'TabularLearner.plot_partial_dependence',
                          'Interpretation.plot_tab_top_losses'],
    'tabular.stream': ['TabularList.from_csv', 'TabularList.from_parquet'],
    'text.data': ['TextList.bunch_for'],
    'text.parquet': ['TextList.from_parquet'],
    'text.interpret': ['RNNLearner.interpret'],
    'vision.augment': ['Image.flip_affine', 'ImagePoints.flip_affine', 'Image.dihedral_affine', 'ImagePoints.dihedral_affine',
                       'Image.perspective_warp', 'ImagePoints.perspective_warp', 'Image.tilt', 'ImagePoints.tilt',
                       'Image.skew', 'ImagePoints.skew', 'Image.jitter', 'ImagePoints.jitter', 'Image.cutout',
                       'Image.rgb_randomize'],
    'vision.features': ['ImageList._key', 'ImageList._read_by'],
    'vision.gan': ['GANLearner.wgan', 'GANLearner.r3', 'GANLearner.from_learners', 'GANLearner._to_export'],
    'vision.gradcam': ['Image.heatmaps', 'Image.lay_over'],
    'vision.interpret': ['SegmentationLabelList._interpretation', 'ObjectCategoryList._interpretation'],
    'vision.masks': ['SegmentationLabelList.class_weights'],
    'vision.pipeline': ['LabelLists.transform_y', 'Image.apply_tfms', 'ImagePoints.apply_tfms', 'Transform.__call__'],
    'vision.shards': ['ImageDataBunch.to_shards', 'ImageList.from_shards', 'ImageList.label_from_shards'],
    'vision.transform': ['Image.rotate', 'ImagePoints.rotate', 'Image.zoom', 'ImagePoints.zoom', 'Image.squish',
                         'ImagePoints.squish', 'Image.flip_lr', 'ImagePoints.flip_lr', 'Image.dihedral',
                         'ImagePoints.dihedral', 'Image.symmetric_warp', 'ImagePoints.symmetric_warp', 'Image.brightness',
                         'Image.contrast', 'Image.pad', 'ImagePoints.pad', 'Image.crop', 'ImagePoints.crop', 'Image.crop_pad',
                         'ImagePoints.crop_pad'],
    'vision.tta': ['Learner.tta_only', 'Learner.TTA', 'Image.tta_preds'],
    'away.script': ['Learner.to_pytorch'],
    'away.reading': ['ItemList.write_script'],
    'text.plain': ['TextList.write_script'],
    'tabular.plain': ['TabularList.write_script'],
    'vision.plain': ['ImageList.write_script'],
    'export': ['Learner.export', 'Learner._to_export', 'Learner._made_with', 'DataBunch.save', 'DataBunch.load', 'DataBunch.export'],
}
# What the first digit of a notebook's number says.
DECADES = ['foundations', 'data', 'training', 'pictures', 'text', 'tables', 'front ends', 'export, doc']

# --- reading the package ---

def module_name(path, root):
    "`fastcourse/vision/data.py` in the package folder `root` -> `vision.data`; the package itself is the empty name."
    parts = path.relative_to(root).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)

def modules(root):
    "The modules in the package folder `root`, `{name: path}`."
    return {module_name(f, root): f for f in sorted(root.rglob('*.py')) if f.name != '_modidx.py'}

def by_name(node):
    "`import_module('some.module')` as the import statement that it stands for, None for any other `node`."
    if not (isinstance(node, ast.Call) and ast.unparse(node.func).endswith('import_module') and node.args): return None
    name = node.args[0]
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str)): return None
    return ast.copy_location(ast.Import([ast.alias(name.value)]), node)

def nested(tree):
    "Every import statement of `tree`, with whether it stands inside a function."
    def walk(node, inside):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.Import, ast.ImportFrom)): yield child, inside
            elif found := by_name(child): yield found, inside
            yield from walk(child, inside or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)))
    yield from walk(tree, False)

def targets(node, name, root, is_package, known):
    "The full names of the modules that an import statement of module `name` reaches; `known` are those of the package."
    if isinstance(node, ast.Import): return [o.name for o in node.names]
    pkg = root.name
    if not node.level: base = node.module
    else:
        full = pkg + (f'.{name}' if name else '')
        base = resolve_name('.'*node.level + (node.module or ''), full if is_package else full.rpartition('.')[0])
    if base.partition('.')[0] != pkg: return [base]
    inner = base.removeprefix(pkg).lstrip('.')
    subs = [f'{inner}.{o.name}'.lstrip('.') for o in node.names]
    found = [f'{pkg}.{o}' for o in subs if o in known and o]
    return found if len(found) == len(subs) else [*found, base]

def imports(root):
    "All arrows `(from, to, lazy, line)`; names inside the package are short, others start with `!`."
    files, pkg = modules(root), root.name
    for name, path in files.items():
        for node, lazy in nested(ast.parse(path.read_text(encoding='utf-8'))):
            for to in targets(node, name, root, path.name == '__init__.py', files):
                inner = to == pkg or to.startswith(f'{pkg}.')
                yield name, to.removeprefix(pkg).lstrip('.') if inner else f'!{to}', lazy, node.lineno

def class_names(d):
    "The classes that the definition or assignment `d`, at the top of a module, adds to, each with the name that it adds."
    if isinstance(d, (ast.FunctionDef, ast.AsyncFunctionDef)) and any('patch' in ast.unparse(o) for o in d.decorator_list):
        first = (d.args.posonlyargs + d.args.args)[:1]
        hint = ast.unparse(first[0].annotation) if first and first[0].annotation else ''
        return [(o, d.name) for o in re.findall(r'[\w.]+', hint.removeprefix('cls:'))]
    if not isinstance(d, ast.Assign): return []
    return [(o.value.id, o.attr) for o in d.targets if isinstance(o, ast.Attribute) and isinstance(o.value, ast.Name)]

def continuations(root):
    "`{module: what it adds to classes of other modules}`, as in `CONTINUED`."
    trees = {name: ast.parse(f.read_text(encoding='utf-8')) for name, f in modules(root).items()}
    home = {d.name: name for name, tree in trees.items() for d in tree.body if isinstance(d, ast.ClassDef)}
    res = {}
    for name, tree in trees.items():
        for c, attr in (o for d in tree.body for o in class_names(d)):
            if home.get(c, name) != name: res.setdefault(name, []).append(f'{c}.{attr}')
    return res

def row(name):
    "The number of the row that holds `name`, or None."
    for i, names in enumerate(LAYERS):
        if name in names or f"{name.partition('.')[0]}.*" in names and '.' in name: return i
    return None

def group(name):
    "`vision` for `vision.data`, nothing for a module that stands alone."
    return name.partition('.')[0] if '.' in name else ''

def notebook(path):
    "The notebook that the module at `path` is exported from, as in `15_data_block.ipynb`."
    found = re.search(r'File to edit: (?:\.\./)+nbs/(\S+\.ipynb)', path.read_text(encoding='utf-8'))
    return found and found[1]

def sizes(root, nbs):
    "`{module: (lines of code, words of prose)}` from the notebooks in the folder `nbs`; blank lines do not count."
    res = {}
    for name, path in modules(root).items():
        if not (nb := notebook(path)) or not (nbs/nb).exists(): continue
        cells = json.loads((nbs/nb).read_text(encoding='utf-8'))['cells']
        cells = [(o['cell_type'], ''.join(o['source'])) for o in cells]
        code = [o for kind, o in cells if kind == 'code' and re.match(r'#\s*\|\s*export', o)]
        lines = sum(bool(line.strip()) and not line.startswith('#|') for o in code for line in o.splitlines())
        res[name] = lines, sum(len(re.findall(r'\w+', o)) for kind, o in cells if kind == 'markdown')
    return res

# --- what is drawn ---

def import_graph(root):
    "`{module: modules that it imports}`, when it is imported and only inside a function."
    files = modules(root)
    graph, lazy = {n: set() for n in files}, {n: set() for n in files}
    for a, b, inside, _ in imports(root):
        if b in files and a != b: (lazy if inside else graph)[a].add(b)
    return graph, lazy

def reduced(graph, lazy):
    "The arrows of both as two lists of pairs, without those that the arrows of `graph` imply."
    @cache
    def below(n): return frozenset().union(*({o} | below(o) for o in graph[n]))
    return ([(a, b) for a, to in graph.items() for b in sorted(to) if not any(b in below(o) for o in to - {b})],
            [(a, b) for a, to in lazy.items() for b in sorted(to) if b not in below(a)])

def levels(graph, lazy):
    "The modules from the ground up, a list for each level: the rows, groups in several levels, then user modules."
    def depth(n, peers):
        under = graph[n] | lazy[n] if row(n) is None else graph[n]
        return max((1 + depth(o, peers) for o in under if o in peers), default=0)
    names = [n for n in graph if not n.rpartition('.')[2].startswith('_')]
    rows = [{n for n in names if row(n) == i} for i in range(len(LAYERS))]
    rows.append({n for n in names if row(n) is None})
    return [sorted(n for n in peers if depth(n, peers) == d) for peers in rows
            for d in range(max((depth(n, peers) for n in peers), default=-1) + 1)]

# --- drawing ---

WIDTH, STEP, HEIGHT, GAP, LETTER = 6.2, .43, .25, .15, .074  # all in inches
FILL = ['#dfe7f1', '#d3ede4', '#ddd9f3', '#fde3c8', '#fbd7dc', '#f4eab5', '#cfeaf3', '#e9e6e1']
EDGE = ['#6c86a6', '#3f9c7c', '#7667bd', '#d8863b', '#cc5c72', '#ab9423', '#3b94b3', '#8d8579']
USER_FILL, LINE, UPWARD, INK = '#3d4657', '#8b96a5', '#d1495b', '#222834'
ARROW = dict(arrowstyle='-|>', mutation_scale=8, lw=1.2, shrinkA=0, shrinkB=0)

def label(name):
    "What is written on the box."
    return f'fastcourse.{name}'.rstrip('.') if name in USER and row(name) is None else name

def width(name):
    "How much room a box takes; an arrow that passes takes little."
    return .02 if isinstance(name, tuple) else LETTER*len(label(name)) + .16

def broken(rows):
    "`rows` with those that are too wide for the picture broken into several."
    for names in rows:
        parts, total = [[]], 0
        for n in names:
            total += width(n) + GAP
            if total > .6*WIDTH and parts[-1]: parts, total = [*parts, []], width(n)
            parts[-1].append(n)
        yield from parts

def chains(rows, edges):
    "For each `(upper, lower)` of `edges` the places it goes through, in rows between tuples; and the rows with those."
    at, full = {n: i for i, names in enumerate(rows) for n in names}, [list(names) for names in rows]
    paths = []
    for k, (a, b) in enumerate(edges):
        between = [(k, a, i) for i in range(at[a] - 1, at[b], -1)]
        for o in between: full[o[2]].append(o)
        paths.append([a, *between, b])
    return paths, full

def spaced(wanted, sizes, weights):
    "Positions in the picture as near to `wanted` as they can be in order and side by side (pooled adjacent violators)."
    shift, at = [], 0.
    for i, s in enumerate(sizes):
        at += (sizes[i-1] + s)/2 + (GAP if max(sizes[i-1], s) > .1 else .6*GAP) if i else 0.
        shift.append(at)
    blocks = []  # each the weighted sum of its positions, the weights, how many
    for w, s, k in zip(wanted, shift, weights):
        blocks.append([(w - s)*k, k, 1])
        while len(blocks) > 1 and blocks[-2][0]/blocks[-2][1] > blocks[-1][0]/blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [u + v for u, v in zip(blocks[-1], last)]
    lo, hi = (sizes[0] - WIDTH)/2 + .1, (WIDTH - sizes[-1])/2 - .1 - shift[-1]
    flat = [min(max(b[0]/b[1], min(lo, hi)), max(lo, hi)) for b in blocks for _ in range(b[2])]
    return [f + s for f, s in zip(flat, shift)]

def neighbours(rows, paths):
    "`{place: [places below, places above]}`."
    near = {n: [[], []] for names in rows for n in names}
    for path in paths:
        for a, b in zip(path, path[1:]):
            near[a][0].append(b)
            near[b][1].append(a)
    return near

def untangle(rows, near, rounds=40):
    "`rows` in an order in which few arrows cross: by the mean place of the neighbours, then by swaps that help."
    def ranks(): return {n: i for names in rows for i, n in enumerate(names)}
    def crossed(u, v, at): return sum(at[o] > at[p] for side in (0, 1) for o in near[u][side] for p in near[v][side])
    def mean(at, n, others): return sum(at[o] for o in others)/len(others) if others else at[n]
    def total(at): return sum(crossed(u, v, at) for names in rows for i, u in enumerate(names) for v in names[i+1:])
    best = None
    for r in range(rounds):
        for names in rows if r % 2 else rows[::-1]:
            at = ranks()
            names.sort(key=lambda n: mean(at, n, near[n][1 - r % 2]))
        for names in rows*2:
            at = ranks()
            for i in range(len(names) - 1):
                u, v = names[i:i+2]
                if crossed(u, v, at) > crossed(v, u, at): names[i:i+2] = v, u
        n = total(ranks())
        if best is None or n < best[0]: best = n, [list(o) for o in rows]
    return best[1]

def places(rows, near, rounds=200):
    "The horizontal position of every box and of every place that an arrow goes through."
    lines = {}
    for n in near:
        if isinstance(n, tuple): lines.setdefault(n[0], []).append(n)
    def pull(n):
        "Where `n` wants to be, and how much: long arrows want to be straight."
        line = lines[n[0]] if isinstance(n, tuple) else []
        w = [(x[o], 1.) for side in near[n] for o in side] + [(x[o], 4.) for o in line]
        return (sum(a*k for a, k in w)/sum(k for _, k in w), sum(k for _, k in w)) if w else (x[n], .1)
    x = {n: .3*(i - (len(names)-1)/2) for names in rows for i, n in enumerate(names)}
    for r in range(rounds):
        for names in rows if r % 2 else rows[::-1]:
            want, weights = zip(*map(pull, names))
            x.update(zip(names, spaced(want, [width(n) for n in names], weights)))
    return x

def ports(path, x, ends):
    "The horizontal positions along `path`, where arrows that share a box begin or end side by side."
    res = [x[o] for o in path]
    for i, j in ((0, 1), (-1, -2)):
        side = sorted(ends[path[i], i], key=lambda p: (x[p[j]], str(p)))
        room = min(.13, (width(path[i]) - .2)/max(1, len(side)-1))
        res[i] += (next(k for k, p in enumerate(side) if p is path) - (len(side)-1)/2)*room
    return res

def curve(xs, ys):
    "A smooth path from the bottom of the first box to the top of the last, upright in every row that it passes."
    from matplotlib.path import Path
    points, codes = [(xs[0], ys[0] - HEIGHT/2)], [Path.MOVETO]
    for i in range(1, len(xs)):
        (x0, y0), (x1, y1) = points[-1], (xs[i], ys[i] + HEIGHT/2)
        points += [(x0, (y0 + y1)/2), (x1, (y0 + y1)/2), (x1, y1)]
        codes += [Path.CURVE4]*3
        if i < len(xs) - 1:
            points.append((x1, ys[i] - HEIGHT/2))
            codes.append(Path.LINETO)
    return Path(points, codes)

def draw_arrow(ax, line, colour, dashed, back, thin):
    "An arrow along `line`, from its end to its beginning if it is drawn `back`."
    from matplotlib.patches import FancyArrowPatch
    if back: line = type(line)(line.vertices[::-1], line.codes[[0, *range(len(line.codes)-1, 0, -1)]])
    look = ARROW | dict(lw=.9 if thin else 1.2, color=colour, ls=(0, (3, 2)) if dashed else '-')
    ax.add_patch(FancyArrowPatch(path=line, zorder=2, **look))

def draw_box(ax, name, x, y, decade):
    "The box of module `name` with its middle at `x`, `y`."
    from matplotlib.patches import FancyBboxPatch
    user, w = name in USER and row(name) is None, width(name)
    colours = dict(fc=USER_FILL, ec=USER_FILL) if user else dict(fc=FILL[decade], ec=EDGE[decade])
    ax.add_patch(FancyBboxPatch((x - w/2, y - HEIGHT/2), w, HEIGHT, lw=1, zorder=3, **colours,
                                boxstyle='round,pad=0,rounding_size=.07'))
    ax.text(x, y - .005, label(name), ha='center', va='center', fontsize=8.5, zorder=4, color='white' if user else INK)

def legend(decades):
    "What the colours and the two kinds of arrows mean, `(text, colours or line style)`, in lines that fit the width."
    entries, lines = [(f'{d}x {DECADES[d]}', FILL[d], EDGE[d]) for d in decades], [[]]
    for o in [*entries, ('gathered for users', USER_FILL, USER_FILL), ('imports', LINE, '-'),
              ('only inside a function', UPWARD, (0, (3, 2)))]:
        if sum(.065*len(p[0]) + .5 for p in [*lines[-1], o]) > WIDTH - .2: lines.append([])
        lines[-1].append(o)
    return lines

def draw_legend(ax, lines, top):
    "The `lines` of the legend, centred, the first at height `top`."
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
    for i, line in enumerate(lines):
        x, y = -sum(.065*len(o[0]) + .5 for o in line)/2 + .05, top - .25*i
        for text, c, d in line:
            if c in EDGE + FILL + [USER_FILL]:
                patch = FancyBboxPatch((x, y - .07), .2, .14, boxstyle='round,pad=0,rounding_size=.04', fc=c, ec=d)
            else: patch = FancyArrowPatch((x - .04, y), (x + .24, y), color=c, ls=d, **ARROW)
            ax.add_patch(patch)
            ax.text(x + .29, y - .005, text, va='center', fontsize=8.5, color=INK)
            x += .065*len(text) + .5

def telling(graph):
    "The arrows of `graph` that tell something: a module that gathers names takes from every module of its part."
    return {a: {b for b in to if (row(a) is None) == (row(b) is None)} for a, to in graph.items()}

def draw_layers(root):
    """The modules of the package folder `root` from the ground up; an arrow that others imply is left out, and so are
    those from the modules that gather names to the library."""
    import matplotlib.pyplot as plt
    files = modules(root)
    graph, lazy = map(telling, import_graph(root))
    rows = [*broken(levels(graph, lazy))]
    at = {n: i for i, names in enumerate(rows) for n in names}
    solid, dashed = ([(a, b) for a, b in pairs if a in at and b in at] for pairs in reduced(graph, lazy))
    turned = [(a, b) if at[a] > at[b] else (b, a) for a, b in dashed]
    paths, full = chains(rows, [*solid, *turned])
    near = neighbours(full, paths)
    x, ends = places(untangle(full, near), near), {}
    for path in paths:
        for i in (0, -1): ends.setdefault((path[i], i), []).append(path)
    decade = {n: int((notebook(files[n]) or '0')[0]) for n in at}
    lines = legend(sorted({d for n, d in decade.items() if n not in USER or row(n) is not None}))
    foot = .42 + .25*len(lines)  # inches below the lowest boxes
    height = STEP*(len(rows) - .5) + foot
    left, right = min(x[n] - width(n)/2 for n in x), max(x[n] + width(n)/2 for n in x)
    x, wide = {n: o - (left + right)/2 for n, o in x.items()}, max(WIDTH, right - left + .1)
    fig = plt.figure(figsize=(wide, height))
    ax = fig.add_axes([0, 0, 1, 1])
    ax.set(xlim=(-wide/2, wide/2), ylim=(-foot, height - foot))
    ax.axis('off')
    for k, path in enumerate(paths):
        line = curve(ports(path, x, ends), [STEP*(o[2] if isinstance(o, tuple) else at[o]) for o in path])
        late, user = k >= len(solid), row(path[0]) is None
        colour = UPWARD if late else LINE if user else EDGE[decade[path[0]]]
        draw_arrow(ax, line, colour, late, late and turned[k - len(solid)] != dashed[k - len(solid)], user)
    for n, i in at.items(): draw_box(ax, n, x[n], STEP*i, decade[n])
    draw_legend(ax, lines, -.5)
    return fig

def draw_sizes(root, nbs):
    "Lines of code to the left, words of prose to the right, a bar for each module in the order of the notebooks."
    import matplotlib.pyplot as plt
    files, size = modules(root), sizes(root, nbs)
    names = [n for n in size if n not in USER or row(n) is not None]
    names.sort(key=lambda n: notebook(files[n]), reverse=True)
    fig, axes = plt.subplots(1, 2, figsize=(WIDTH, .23*len(names) + .45), layout='constrained', dpi=66)
    decade = [int(notebook(files[n])[0]) for n in names]
    look = dict(color=[FILL[d] for d in decade], edgecolor=[EDGE[d] for d in decade], height=.72)
    for ax, i, title, side in zip(axes, (0, 1), ('lines of code', 'words of prose'), ('right', 'left')):
        values = [size[n][i] for n in names]
        ax.barh(range(len(names)), values, **look)
        for y, v in enumerate(values):
            ax.annotate(f'{v:,}', (v, y), (4 - 8*(i == 0), -.5), textcoords='offset points', ha=side, va='center',
                        fontsize=8.5, color=INK)
        ax.set_title(title, loc=side, fontsize=10, color=INK)
        ax.set(xlim=(0, 1.16*max(values))[::1 if i else -1], ylim=(-.6, len(names) - .4), xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    axes[0].yaxis.tick_right()
    axes[0].set_yticks(range(len(names)), [label(n) for n in names], fontsize=8.5, color=INK, ha='left')
    axes[0].tick_params(length=0)
    return fig

"Stored outputs are what the cells give: tools/run_notebooks.py --check, and what it lets pass."
import base64, io, sys
from pathlib import Path
import nbformat, pytest
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).resolve().parent.parent/'tools'))
from compare_outputs import EXACT, OTHER, TRAINED, differences, same_text
from run_notebooks import check, run, shrink, without_times

PLOT = """from matplotlib import pyplot as plt
plt.plot([0, 1], [0, 1]);"""
TABLE = """from IPython.display import display
import time
def row(tag, *cells): return '<tr>' + ''.join(f'<{tag}>{o}</{tag}>' for o in cells) + '</tr>'
took = f'00:{time.time_ns()//1000%60:02}'
display({'text/html': row('th', 'epoch', 'time') + row('td', 0, took), 'text/plain': f'epoch  time\\n    0 {took}'}, raw=True)"""

@pytest.fixture
def stored(tmp_path):
    "A function that stores a notebook with the outputs of some cells, and returns its path."
    def store(*sources):
        path = tmp_path/'small.ipynb'
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(o) for o in sources]), path)
        run(path, {'slow'})
        return path
    return store

def edit(path, i, **changes):
    "Change cell `i` of the notebook at `path`."
    nb = nbformat.read(path, 4)
    nb.cells[i].update(changes)
    nbformat.write(nb, path)

def test_what_was_just_stored_passes(stored):
    path = stored("print('loss', .25)\n{'a': 1}", PLOT, TABLE, '#| slow\nassert False', "'the end'")
    before = path.read_bytes()
    assert list(check(path, {'slow'})) == []
    assert path.read_bytes() == before
    assert b'took}' in before and b'<tr><th>epoch</th></tr><tr><td>0</td></tr>' in before

def test_a_bar_that_was_cleared_is_not_stored(stored):
    "It is drawn on slow machines only."
    path = stored("from IPython.display import display\nh = display({'text/html': '<b>1/2</b>', 'text/plain': '1/2'}, raw=True, display_id=True)\n"
                  "h.update({'text/html': '', 'text/plain': ''}, raw=True)\n'the end'")
    assert [o.output_type for o in nbformat.read(path, 4).cells[0].outputs] == ['execute_result']

def test_what_is_not_as_stored_is_told(stored):
    path = stored("print('three rows')\nprint('loss .2500')", PLOT, "'gone'", 'None')
    edit(path, 0, source="#| hide\nprint('four rows')\nprint('loss .2500')")
    edit(path, 1, source=PLOT.replace('[0, 1]);', '[1, 0]);'))
    edit(path, 2, outputs=[])
    edit(path, 3, source='5')
    found = {i: (first, wrong) for i, first, wrong in check(path, set())}
    assert found.pop(2)[1].startswith('another picture: 1')
    assert found == {1: ("print('four rows')", '- three rows\n+ four rows'),
                     3: ("'gone'", '- no output\n+ text/plain'), 4: ('5', '- no output\n+ text/plain')}

def test_a_cell_that_raises_ends_the_check(stored):
    path = stored('x = 1', 'x', '2')
    edit(path, 1, source="raise ValueError(f'no {x}')")
    (i, first, wrong), = check(path, set())
    assert (i, first) == (2, "raise ValueError(f'no {x}')") and wrong.endswith('ValueError: no 1') and '\x1b' not in wrong

def test_a_cell_tagged_varies_may_say_something_else(stored):
    path = stored("'a cat'", PLOT, "print('one line')")
    for i, source in enumerate(["'a dog'", PLOT.replace('[0, 1]);', '[1, 0]);'), "print('two\\nlines')"]):
        edit(path, i, source=source, metadata={'tags': ['varies']})
    assert [i for i, *_ in check(path, set())] == [3]

@pytest.mark.parametrize('a, b, within, same', [
    ('loss 0.2500', 'loss 0.2501', EXACT, True), ('loss 0.2500', 'loss 0.2600', EXACT, False),
    ('lr 1e-03', 'lr 3e-03', EXACT, False), ('  0.10\n 12.00', '0.10\n12.00', EXACT, True),
    ('0  1.94  0.071', '0  1.80  0.089', TRAINED, True), ('0  1.94  0.071', '1  1.94  0.071', TRAINED, False),
    ('loss 0.5', 'loss 1.5', TRAINED, False), ('cat 0.9', 'dog 0.9', TRAINED, False), ('(3, 64)', '(3, 96)', TRAINED, False),
    ('version 2.1.0', 'version 2.2.0', TRAINED, False), ('a/core.py#L12', 'a/core.py#L340', EXACT, True), ('x', 'x\ny', TRAINED, False)])
def test_numbers_may_differ_a_little_and_words_not(a, b, within, same): assert same_text(a, b, within) is same

def picture(draw, font='sans-serif', size=(5, 3.2)):
    "The outputs of a cell that shows a figure."
    from matplotlib import rc_context
    with rc_context({'font.family': font}):
        fig, png = Figure(figsize=size), io.BytesIO()
        draw(fig)
        fig.savefig(png, bbox_inches='tight')
    mime, text = shrink(base64.b64encode(png.getvalue()))
    return [{'output_type': 'display_data', 'data': {mime: text}}]

def schedule(power):
    def draw(fig):
        ax = fig.subplots()
        ax.plot([(i/50)**power for i in range(50)] + [1 - (i/80)**2 for i in range(80)])
        ax.set(xlabel='batches', ylabel='learning rate', title='one cycle')
    return draw

def photos(order, title='cat'):
    import numpy as np
    def draw(fig):
        for ax, seed in zip(fig.subplots(3, 3).flat, order):
            ax.imshow(np.random.default_rng(seed).random((5, 5, 3)), interpolation='bicubic')
            ax.set_title(title)
            ax.axis('off')
    return draw

@pytest.mark.parametrize('draw, other', [(schedule(1), schedule(2.2)), (photos(range(9)), photos([*range(8), 20])),
                                         (photos(range(9)), photos([1, 0, *range(2, 9)])), (schedule(1), photos(range(9)))])
def test_another_font_passes_and_another_picture_does_not(draw, other):
    assert differences(picture(draw), picture(draw)) == ''
    assert differences(picture(draw), picture(draw, font='serif')) == ''
    assert 'picture' in differences(picture(draw), picture(other))

def test_size_and_number_of_pictures_count():
    one, wide = picture(schedule(1)), picture(schedule(1), size=(6, 3.2))
    assert 'a picture of' in differences(one, wide)
    assert differences(one, [*one, *one]) == '- picture\n+ picture, picture'
    assert differences([*one, *one], [*one, *wide], TRAINED, ['varies']).startswith('- a picture of')

def test_a_table_that_varies_is_compared_by_its_html():
    def table(html, plain): return [dict(output_type='execute_result', data={'text/html': html, 'text/plain': plain})]
    long, short = table('<tr>\na\n</tr>', 'a\nwrapped'), table('<tr>\nb\n</tr>', 'b')
    assert differences(long, short, TRAINED, ['varies']) == ''
    assert differences(long, short, TRAINED)
    assert differences(long, table('<tr>\nb\n</tr>\n<tr></tr>', 'b'), TRAINED, ['varies'])

def test_what_an_epoch_gave_is_not_compared():
    def table(*losses): return [dict(output_type='stream', name='stdout', text='epoch train_loss time\n' + '\n'.join(losses))]
    assert differences(table('0 0.51'), table('0 2.51'), TRAINED) == ''
    assert differences(table('0 0.51'), table('0 2.51'))
    assert differences(table('0 0.51'), table('1 0.51'), TRAINED) and differences(table('0 0.51'), table('0 0.51', '1 0.50'), TRAINED)

def test_texts_of_other_packages_are_not_compared():
    said, new = ([dict(output_type='stream', name='stdout', text=o)] for o in ('BatchNorm1d(3, affine=True)', 'BatchNorm1d(3,\naffine=True, bias=True)'))
    assert differences(said, new) and not differences(said, new, tags=['foreign']) and differences(said, [], tags=['foreign'])

def test_with_other_versions_only_kinds_count():
    text, other = ([dict(output_type='stream', name='stdout', text=o)] for o in ('[3, 1, 2]', '[2, 3, 1]\n'))
    assert differences(text, other) and differences(text, other, OTHER) == ''
    assert differences(text, picture(schedule(1)), OTHER)
    assert differences(picture(schedule(1)), picture(schedule(2.2))) and differences(picture(schedule(1)), picture(schedule(2.2)), OTHER) == ''
    assert 'a picture of' in differences(picture(schedule(1)), picture(schedule(1), size=(6, 3.2)), OTHER)

def epochs(time='', column=True):
    "A table of one epoch that took `time`; without the `column` it has none for it."
    head, row, name, value = ('<th>time</th>', f'<td>{time}</td>', '   time', f'  {time}'*bool(time)) if column else ('',)*4
    return {'text/html': f'<tr><th>epoch</th>{head}</tr><tr><td>0</td>{row}</tr>', 'text/plain': f'epoch{name}\n 0{value}'}

def test_only_measured_times_go():
    for took in ('01:15', '1:01:15', ''): assert without_times(epochs(took), 'learn.fit(1)') == epochs(column=False)
    assert without_times(epochs(column=False), 'learn.fit(1)') == epochs(column=False)
    assert without_times(epochs('01:15'), 'rep = NotebookReporter(names, 2, 40)') == epochs('01:15')
    assert without_times({'text/plain': 'the time: 01:15'}, '') == {'text/plain': 'the time: 01:15'}

def test_a_table_stored_with_an_empty_column_of_times_passes(stored):
    path = stored(TABLE)
    edit(path, 0, outputs=[nbformat.v4.new_output('display_data', epochs())])
    assert list(check(path, set())) == []

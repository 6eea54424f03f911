// The page itself: it reads what you give, asks the model, and shows the answer.
'use strict';

const $ = id => document.getElementById(id);
const told = JSON.parse($('told').textContent);
const what = told.inputs[0].kind, answers = told.answer;

function bytesOf(id) {  // what a block of this page holds
  const text = $(id).textContent.trim();
  $(id).remove();
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  return Uint8Array.from(atob(text), c => c.charCodeAt(0));
}

async function unzipped(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function makeSession() {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = (await unzipped(bytesOf('wasm'))).buffer;
  return ort.InferenceSession.create(bytesOf('model'), { executionProviders: ['wasm'], graphOptimizationLevel: 'basic' });
}

// ---- what you give becomes tensors; `seen` is the picture as the model gets it

const tensor = (type, data, dims) => new ort.Tensor(type, data, dims);

async function pictureTensors(file) {
  const d = told.inputs[0], opts = { imageOrientation: 'from-image', premultiplyAlpha: 'none', colorSpaceConversion: 'none' };
  let bitmap;
  try { bitmap = await createImageBitmap(file, opts); }
  catch { throw new Error('This file cannot be read as a picture. PNG, JPEG and WebP work everywhere.'); }
  const canvas = document.createElement('canvas'), context = canvas.getContext('2d', { willReadFrequently: true });
  canvas.width = bitmap.width; canvas.height = bitmap.height;
  if (d.mode !== 'RGBA') { context.fillStyle = '#fff'; context.fillRect(0, 0, canvas.width, canvas.height); }
  context.drawImage(bitmap, 0, 0);
  const size = [bitmap.height, bitmap.width], rgba = context.getImageData(0, 0, size[1], size[0]).data;
  const seen = fitted(channels(rgba, size, d.channels), d.resize && d.size, d.resize, d.padding, d.at, told.page.columns);
  const notes = [];
  if (/jpe?g/.test(file.type) && d.resize && Math.max(...size) > 2*Math.max(...d.size))
    notes.push('A large JPEG is reduced here a little differently than in Python: probabilities may differ in the third digit.');
  return { tensors: [tensor('float32', planes(seen), [1, seen.ch, ...seen.size])], seen, notes };
}

let tokenizer;

function textTensors(text) {
  tokenizer = tokenizer || new Tokenizer(told.page.text, told.inputs[0]);
  const { ids, notes } = tokenizer.ids(text);
  return { tensors: [tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length])], notes };
}

function rowTensors() {  // the fields of the form, in the order of the model
  const cats = [], conts = [], notes = [];
  told.inputs.forEach((d, i) => {
    const field = $(`f${i}`), value = field.value.trim();
    field.removeAttribute('aria-invalid');
    if (d.kind === 'category') {
      const code = value === '' ? 0 : Math.max(0, d.classes.findIndex((o, j) => j && String(o) === value));
      if (value !== '' && !code) notes.push(`The model has never seen ${d.name} “${value}”: it takes it as unknown.`);
      cats.push(BigInt(code));
    } else {
      const x = value === '' ? NaN : Number(value);
      if ((value === '' || Number.isNaN(x)) && d.fill === null) {
        field.setAttribute('aria-invalid', 'true');
        throw new Error(`${d.name} needs a number.`);
      }
      if (d.low !== null && (x < d.low || x > d.high)) notes.push(`${d.name} was between ${short(d.low)} and ${short(d.high)} in training: the answer for ${value} is a guess beyond that.`);
      conts.push(x);
    }
  });
  const parts = { cats: () => tensor('int64', BigInt64Array.from(cats), [1, cats.length]),
                  conts: () => tensor('float32', Float32Array.from(conts), [1, conts.length]) };
  parts.ids = parts.cats;
  return { tensors: told.tensors.map(o => parts[o.name]()), notes };
}

// ---- the answer

function make(tag, attributes = {}, ...children) {
  const res = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) res.setAttribute(k, v);
  res.append(...children);
  return res;
}

const short = x => Math.abs(x) >= 1e6 || (x && Math.abs(x) < 1e-3) ? x.toExponential(2) : String(Number(x.toPrecision(5)));
const percent = p => p > 0 && p < .001 ? 'below 0.1 %' : `${(100*p).toFixed(1)} %`;

function bar(name, p, kind = '') {
  const fill = make('span');
  fill.style.width = `${(100*Math.min(1, Math.max(0, p))).toFixed(2)}%`;
  return make('li', { class: kind }, make('span', { class: 'name' }, name), make('span', { class: 'part' }, percent(p)),
              make('span', { class: 'bar', 'aria-hidden': 'true' }, fill));
}

function ranked(probs) { return [...probs.keys()].sort((a, b) => probs[b] - probs[a] || a - b); }

function canvasOf({ data, size, ch }, label) {  // bytes (h, w, ch) as a canvas
  const [h, w] = size, canvas = make('canvas', { role: 'img', 'aria-label': label });
  canvas.width = w; canvas.height = h;
  const img = new ImageData(w, h);
  for (let i = 0; i < h*w; i++) {
    for (let c = 0; c < 3; c++) img.data[4*i + c] = data[i*ch + (ch < 3 ? 0 : c)];
    img.data[4*i + 3] = ch === 4 ? data[4*i + 3] : 255;
  }
  canvas.getContext('2d').putImageData(img, 0, 0);
  return canvas;
}

const SHOW = {
  category(probs) {
    const names = answers.classes.map(String), order = ranked(probs), many = order.length > 6 ? 5 : order.length;
    const list = make('ol', { class: 'bars' }, ...order.slice(0, many).map(i => bar(names[i], probs[i])));
    if (many < order.length) {
      const rest = order.slice(many).reduce((s, i) => s + probs[i], 0);
      list.append(bar(`${order.length - many} others together`, rest, 'rest'));
    }
    return [`${names[order[0]]}, ${percent(probs[order[0]])}`, names[order[0]], [list]];
  },
  multicategory(probs) {
    const names = answers.classes.map(String), order = ranked(probs), on = order.filter(i => probs[i] >= answers.thresh);
    const many = Math.max(5, on.length), shown = order.length > many + 1 ? order.slice(0, many) : order;
    const list = make('ol', { class: 'bars' }, ...shown.map(i => bar(names[i], probs[i], probs[i] >= answers.thresh ? '' : 'no')));
    const parts = [make('p', { class: 'quiet' }, `A label counts from ${percent(answers.thresh)} on.`), list];
    if (shown.length < order.length) parts.push(make('p', { class: 'quiet' },
      `${order.length - shown.length} more labels are at ${percent(probs[order[shown.length]])} or below.`));
    const best = on.length ? on.map(i => names[i]).join(', ') : 'none of the labels';
    return [best, best, parts];
  },
  number(values) {
    const all = [...values].map(v => answers.log ? Math.exp(v) : v), best = all.map(short).join(', ');
    const parts = [];
    if (answers.range && all.length === 1) {
      const [low, high] = answers.range, list = make('ul', { class: 'bars' }, bar(`from ${short(low)} to ${short(high)}`, (all[0] - low)/(high - low)));
      list.querySelector('.part').remove();
      parts.push(list);
    }
    return [`${answers.name} ${best}`, best, parts];
  },
  points(values, dims, seen) {
    const [h, w] = seen.size, canvas = canvasOf(seen, 'The picture with the points'), scale = Math.max(1, Math.ceil(416/w));
    const big = make('canvas', { role: 'img', 'aria-label': 'The picture with the points on it' }), list = make('ol', {});
    big.width = w*scale; big.height = h*scale;
    const c = big.getContext('2d');
    c.drawImage(canvas, 0, 0, w*scale, h*scale);
    for (let i = 0; i < values.length; i += 2) {
      const y = (values[i] + 1)*h/2, x = (values[i + 1] + 1)*w/2;
      c.beginPath(); c.arc(x*scale, y*scale, 7, 0, 2*Math.PI);
      c.fillStyle = '#e0245e'; c.fill(); c.lineWidth = 2.5; c.strokeStyle = '#fff'; c.stroke();
      list.append(make('li', {}, `row ${y.toFixed(1)}, column ${x.toFixed(1)}`));
    }
    const n = values.length/2;
    return [`${n} ${n === 1 ? 'point' : 'points'}`, '', [make('div', { class: 'view' }, big), make('p', { class: 'quiet' }, `In pixels of the ${w} by ${h} that the model sees:`), list]];
  },
  mask(probs, dims, seen) {
    const [, n, h, w] = dims, names = (answers.classes || []).map(String), counts = new Array(n).fill(0);
    const over = { data: new Uint8Array(4*h*w), size: [h, w], ch: 4 }, colours = [...Array(n).keys()].map(colour);
    for (let i = 0; i < h*w; i++) {
      let k = 0;
      for (let c = 1; c < n; c++) if (probs[c*h*w + i] > probs[k*h*w + i]) k = c;
      counts[k]++;
      over.data.set([...colours[k], 255], 4*i);
    }
    const shares = counts.map(o => o/(h*w)), order = ranked(shares).filter(i => counts[i]);
    const legend = make('ul', { class: 'legend' }, ...order.map(i => {
      const patch = make('span', { 'aria-hidden': 'true' });
      patch.style.background = `rgb(${colours[i]})`;
      return make('li', {}, patch, `${names[i] ?? i} ${percent(shares[i])}`);
    }));
    const top = canvasOf(over, 'The class of each pixel in colours'), slide = make('input', { type: 'range', min: 0, max: 100, value: 55, id: 'opacity' });
    slide.oninput = () => { top.style.opacity = slide.value/100; };
    slide.oninput();
    const said = order.slice(0, 3).map(i => `${names[i] ?? i} ${percent(shares[i])}`).join(', ');
    return [said, '', [make('div', { class: 'view' }, canvasOf(seen, 'The picture as the model sees it'), top), legend,
                       make('label', { for: 'opacity' }, 'Strength of the colours'), slide]];
  },
  picture(values, dims, seen) {
    const [, ch, h, w] = dims, out = { data: new Uint8Array(h*w*ch), size: [h, w], ch };
    for (let c = 0; c < ch; c++) for (let i = 0; i < h*w; i++) {
      let v = values[c*h*w + i];
      if (answers.mean) v = v*answers.std[c] + answers.mean[c];
      out.data[i*ch + c] = Math.round(255*Math.min(1, Math.max(0, v)));
    }
    const canvas = canvasOf(out, 'The picture that the model made'), save = make('a', { class: 'button second', download: 'answer.png', href: canvas.toDataURL('image/png') }, 'Save the picture');
    const figure = (c, text) => make('figure', { class: 'view' }, c, make('figcaption', { class: 'quiet' }, text));
    return ['The picture is ready.', '', [make('div', { class: 'pair' }, figure(canvasOf(seen, 'Your picture'), 'what the model sees'), figure(canvas, 'its answer')), save]];
  },
};

function colour(i) {  // far apart for neighbouring numbers; the first class is grey
  if (i === 0) return [130, 134, 142];
  const h = (i*137.508 + 200) % 360, k = n => (n + h/30) % 12, f = n => .56 - .34*Math.max(-1, Math.min(k(n) - 3, 9 - k(n), 1));
  return [f(0), f(8), f(4)].map(o => Math.round(255*o));
}

// ---- from the question to the answer

const session = makeSession();
let turn = 0;

function say(text, large) { $('status').textContent = text; $('status').className = large ? 'best' : 'quiet'; }

function problem(text) { $('problem').textContent = text || ''; $('problem').hidden = !text; }

async function ask(tensors) {
  const mine = ++turn;
  problem('');
  const slow = setTimeout(() => say('Thinking …'), 400);
  try {
    const s = await session, given = await tensors();
    const fed = Object.fromEntries(told.tensors.map((o, i) => [o.name, given.tensors[i]]));
    const out = (await s.run(fed)).probs;
    if (mine !== turn) return;
    const [said, best, parts] = SHOW[answers.kind](out.data, out.dims, given.seen);
    say(best || said, Boolean(best));
    $('answer').replaceChildren(...parts);
    $('notes').replaceChildren(...(given.notes || []).map(o => make('li', {}, o)));
    globalThis.lastAnswer = { probs: out.data, dims: out.dims, best, tokenizer };
    document.body.dataset.answered = mine;
  } catch (e) {
    if (mine !== turn) return;
    say('');
    $('answer').replaceChildren();
    $('notes').replaceChildren();
    problem(e.message || String(e));
  } finally { clearTimeout(slow); }
}

function takePicture(file) {
  if (!file) return;
  const img = $('shown');
  if (img.src) URL.revokeObjectURL(img.src);
  img.src = URL.createObjectURL(file);
  img.alt = `Your picture ${file.name || ''}`;
  img.hidden = false;
  ask(() => pictureTensors(file));
}

function watchPictures() {
  const drop = $('drop'), over = on => e => { e.preventDefault(); drop.classList.toggle('over', on); };
  for (const id of ['file', 'camera']) $(id).onchange = e => { takePicture(e.target.files[0]); e.target.value = ''; };
  document.addEventListener('dragover', over(true));
  document.addEventListener('dragleave', over(false));
  document.addEventListener('drop', e => { over(false)(e); takePicture([...e.dataTransfer.files][0]); });
  document.addEventListener('paste', e => takePicture([...e.clipboardData.files][0]));
}

function watchForm(tensors, live) {
  const form = document.querySelector('form');
  let asked = false, timer;
  const soon = (f, wait) => { clearTimeout(timer); timer = setTimeout(f, wait); };  // one question at a time: the newest
  form.onsubmit = e => { e.preventDefault(); asked = true; soon(() => ask(tensors), 0); };
  form.oninput = () => { if (asked) soon(() => { if (live()) ask(tensors); }, 250); };
}

if (what === 'picture') watchPictures();
else if (what === 'text') watchForm(async () => textTensors($('text').value), () => $('text').value.trim());
else watchForm(async () => rowTensors(), () => true);

session.then(() => { if (!turn) say(told.page.start); document.body.dataset.ready = 'yes'; },
             e => { say(''); problem(`The model cannot be started in this browser: ${e.message || e}`); });

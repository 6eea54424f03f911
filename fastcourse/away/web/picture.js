// From a picture to the numbers that the model takes: scaled as Pillow does it, cut or filled as in validation.
'use strict';

const even = x => { const r = Math.round(x); return Math.abs(x % 1) === .5 && r % 2 ? r - 1 : r; };  // round half to even

function coverSize([h, w], [H, W], resize) {  // (h, w) of the whole picture after scaling
  if (resize === 'squish') return [H, W];
  if (resize === 'no') return [h, w];
  const down = H/h, across = W/w, s = resize === 'crop' ? Math.max(down, across) : Math.min(down, across);
  return [s === down ? H : Math.max(1, even(h*s)), s === across ? W : Math.max(1, even(w*s))];
}

function cropStart(old, now, pct) {
  const room = old - now;
  return room >= 0 ? Math.min(Math.floor(pct*(room + 1)), room) : Math.ceil(-(now - old)/2);
}

function fitBox([H, W], [h, w], inner, at) {  // the part to take of a picture that would grow very large
  const top = cropStart(inner[0], h, at[0]), left = cropStart(inner[1], w, at[1]), s = H/inner[0], r = W/inner[1];
  return [left*r, top*s, (left + w)*r, (top + h)*s];
}

function coefficients(size, from, to, out) {  // the triangle filter of Pillow, in whole numbers of 22 bits
  from = Math.fround(from); to = Math.fround(to);
  const scale = Math.fround(to - from)/out, wide = Math.max(scale, 1), res = [];
  for (let i = 0; i < out; i++) {
    const center = from + (i + .5)*scale, ss = 1/wide;
    const first = Math.max(0, Math.trunc(center - wide + .5)), end = Math.min(size, Math.trunc(center + wide + .5));
    const k = [];
    let sum = 0;
    for (let x = first; x < end; x++) {
      const v = Math.max(0, 1 - Math.abs((x - center + .5)*ss));
      k.push(v); sum += v;
    }
    res.push([first, Int32Array.from(k, v => Math.trunc(.5 + (sum ? v/sum : v)*4194304))]);
  }
  return res;
}

const clip8 = v => { v >>= 22; return v < 0 ? 0 : v > 255 ? 255 : v; };

function pass(src, w, ch, [H, W], rows, cols) {  // one of the two passes: along a row, or along a column
  const out = new Uint8Array(H*W*ch), step = rows ? w*ch : ch;
  let to = 0;
  for (let y = 0; y < H; y++) for (let x = 0; x < W; x++) {
    const [first, k] = rows ? rows[y] : cols[x], n = k.length, start = rows ? (first*w + x)*ch : (y*w + first)*ch;
    for (let c = 0; c < ch; c++) {
      let v = 2097152;
      for (let i = 0, at = start + c; i < n; i++, at += step) v += src[at]*k[i];
      out[to++] = clip8(v);
    }
  }
  return out;
}

// Newer Pillows begin with the columns where these lose much more than the rows do; `columns` says whether ours does.
function scaled(img, size, box, columns) {
  const [h, w] = img.size, [H, W] = size;
  box = box || [0, 0, w, h];
  const across = W !== w || box[0] || box[2] !== W, down = H !== h || box[1] || box[3] !== H;
  const cols = across && coefficients(w, box[0], box[2], W), rows = down && coefficients(h, box[1], box[3], H);
  const steps = [[rows, null], [null, cols]];
  if (!(columns && h > H && h - H > 2*(w - W))) steps.reverse();
  for (const [r, c] of steps) if (r || c) {
    const now = r ? [H, img.size[1]] : [img.size[0], W];
    img = { data: pass(img.data, img.size[1], img.ch, now, r, c), size: now, ch: img.ch };
  }
  return img;
}

function places(old, now, padding, pct) {  // for each pixel wanted: where it comes from, -1 for black
  const start = cropStart(old, now, pct);
  return Int32Array.from({ length: now }, (_, i) => {
    const j = start + i, around = ((j % (2*old)) + 2*old) % (2*old);
    if (j >= 0 && j < old) return j;
    return padding === 'zeros' ? -1 : padding === 'reflection' ? Math.min(around, 2*old - 1 - around) :
           Math.max(0, Math.min(old - 1, j));
  });
}

function cropOrPad(img, [H, W], padding, at) {
  const [h, w] = img.size, ch = img.ch, rows = places(h, H, padding, at[0]), cols = places(w, W, padding, at[1]);
  if (h === H && w === W) return img;
  const data = new Uint8Array(H*W*ch);
  for (let y = 0; y < H; y++) for (let x = 0; x < W; x++) if (rows[y] >= 0 && cols[x] >= 0)
    for (let c = 0; c < ch; c++) data[(y*W + x)*ch + c] = img.data[(rows[y]*w + cols[x])*ch + c];
  return { data, size: [H, W], ch };
}

function fitted(img, size, resize, padding, at, columns) {  // as the transforms of validation do it
  if (!size) return img;
  const inner = coverSize(img.size, size, resize), [h, w] = img.size;
  if (resize === 'crop' && inner[0]*inner[1] > Math.max(16*size[0]*size[1], h*w))
    return scaled(img, size, fitBox(img.size, size, inner, at), columns);
  return cropOrPad(inner[0] === h && inner[1] === w ? img : scaled(img, inner, null, columns), size, padding, at);
}

function channels(rgba, size, ch) {  // the pixels of a canvas in grey (1), in colour (3), or in colour with alpha (4)
  const n = size[0]*size[1], data = new Uint8Array(n*ch);
  for (let i = 0; i < n; i++) {
    const r = rgba[4*i], g = rgba[4*i + 1], b = rgba[4*i + 2];
    if (ch === 1) data[i] = (r*19595 + g*38470 + b*7471 + 0x8000) >> 16;
    else for (let c = 0; c < ch; c++) data[i*ch + c] = rgba[4*i + c];
  }
  return { data, size, ch };
}

function planes(img) {  // (h, w, ch) bytes -> (ch, h, w) floats in [0, 1]
  const [h, w] = img.size, n = h*w, out = new Float32Array(n*img.ch);
  for (let c = 0; c < img.ch; c++) for (let i = 0; i < n; i++) out[c*n + i] = img.data[i*img.ch + c]/255;
  return out;
}

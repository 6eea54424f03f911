// From a text to the numbers that the model takes: the rules before the cut, the cut, the rules after it.
'use strict';

const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const WORD = '\\p{L}\\p{N}_';
const isSpace = new RegExp(`^[${SPACE}]+$`, 'u');

// ---- the rules before the cut: from text to text

const WINDOWS = '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
                '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

function numbered(n) {  // what the character reference with the number n stands for
  if (n === 0 || n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff)) return '\ufffd';
  if (n === 13) return '\r';
  if (n >= 0x80 && n <= 0x9f) return WINDOWS[n - 0x80];
  const bad = (n >= 1 && n <= 8) || n === 0xb || (n >= 0xe && n <= 0x1f) || n === 0x7f || (n >= 0xfdd0 && n <= 0xfdef) ||
              (n & 0xfffe) === 0xfffe;
  return bad ? '' : String.fromCodePoint(n);
}

function unescapeHtml(text, names) {
  return text.replace(/&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/gu, (all, s) => {
    if (s[0] === '#') {
      const hex = s[1] === 'x' || s[1] === 'X';
      return numbered(hex ? parseInt(s.slice(2), 16) : parseInt(s.slice(1), 10));
    }
    if (Object.hasOwn(names, s)) return names[s];
    const c = [...s];
    for (let i = c.length - 1; i > 1; i--) {
      const name = c.slice(0, i).join('');
      if (Object.hasOwn(names, name)) return names[name] + c.slice(i).join('');
    }
    return all;
  });
}

const REP = new RegExp(`([^${SPACE}])\\1{3,}`, 'gu');
const WREP = new RegExp(`(?<![${WORD}'’-])(?=([${WORD}]+))\\1(?:(?=([${SPACE}]+))\\2\\1(?![${WORD}'’-])){2,}`, 'gu');
const AMP = new RegExp(`(?<![${WORD}])amp;`, 'gu');

const BEFORE = {
  fix_html(t, told) {
    if (t.includes('&')) t = unescapeHtml(t.replace(/(&#\p{Nd}{8})\p{Nd}+/gu, '$1'), told.entities);
    for (const [old, now] of told.left) t = t.replaceAll(old, () => now);
    return t.replace(AMP, '&');
  },
  replace_rep: t => t.replace(REP, (all, c) => ` xxrep ${[...all].length} ${c} `),
  replace_wrep: t => t.replace(WREP, (all, w) => ` xxwrep ${words(all).length} ${w} `),
  spec_add_spaces: t => t.replaceAll('/', ' / ').replaceAll('#', ' # ').replaceAll('\n', ' \n '),
  rm_useless_spaces: t => t.replace(/ {2,}/g, ' '),
};

function words(t) { return t.split(new RegExp(`[${SPACE}]+`, 'u')).filter(o => o); }

// ---- the rules after the cut: from tokens to tokens

const isUpper = t => /\p{Uppercase}/u.test(t) && !/[\p{Lowercase}\p{Lt}]/u.test(t);
const isLower = t => /\p{Lowercase}/u.test(t) && !/[\p{Uppercase}\p{Lt}]/u.test(t);

function isCapital(t) {
  const [first, ...rest] = t;
  return rest.length > 0 && /^[\p{Uppercase}]/u.test(first) && isLower(rest.join(''));
}

const AFTER = {
  replace_all_caps: ts => ts.flatMap(t => [...t].length > 1 && isUpper(t) ? ['xxup', t.toLowerCase()] : [t]),
  deal_caps: ts => ts.flatMap(t => isCapital(t) ? ['xxmaj', t.toLowerCase()] : [t.toLowerCase()]).filter(o => o),
};

// ---- the cut: marks before and behind a run are taken off, then the rest is cut at the marks in it

class Cutter {
  constructor(told) {
    const search = o => o && new RegExp(o[0], o[1]);
    this.prefix = search(told.prefix); this.suffix = search(told.suffix);
    this.infix = told.infix && new RegExp(told.infix[0], told.infix[1] + 'g');
    this.whole = [told.token, told.url].filter(o => o).map(([source, flags]) => new RegExp(`^(?:${source})`, flags));
    this.token = told.token ? this.whole[0] : null;
    this.rules = new Map(Object.entries(told.rules));
    this.phrases = new Set(told.phrases.map(o => o.join('\n')));
    this.sizes = new Map();  // first token of a phrase -> how many tokens such phrases have
    for (const p of told.phrases) this.sizes.set(p[0], (this.sizes.get(p[0]) || new Set()).add(p.length));
  }

  length(search, text) { const m = search && search.exec(text); return m ? m[0].length : 0; }

  run(text) {  // the tokens of a run without blanks
    const known = o => o !== ' ' && this.rules.has(o);
    if (known(text)) return this.rules.get(text);
    const front = [], back = [];
    let last = -1;
    while (text && text.length !== last) {
      if ((this.token && this.token.test(text)) || known(text)) break;
      last = text.length;
      const a = this.length(this.prefix, text);
      if (a && known(text.slice(a))) { front.push(text.slice(0, a)); text = text.slice(a); break; }
      const b = this.length(this.suffix, text.slice(a));
      if (b && known(text.slice(0, -b))) { back.push(text.slice(-b)); text = text.slice(0, -b); break; }
      if (a) front.push(text.slice(0, a));
      if (b && a + b <= text.length) { back.push(text.slice(-b)); text = text.slice(a, text.length - b); }
      else if (a) text = text.slice(a);
    }
    return [...front, ...this.middle(text), ...back.reverse()];
  }

  middle(text) {
    if (!text) return [];
    if (this.rules.has(text) && text !== ' ') return this.rules.get(text);
    if (this.whole.some(o => o.test(text)) || !this.infix) return [text];
    const res = [];
    let start = 0;
    for (const m of text.matchAll(this.infix)) {
      if (m.index === 0) continue;
      if (m.index !== start) res.push(text.slice(start, m.index));
      if (m[0]) res.push(m[0]);
      start = m.index + m[0].length;
    }
    if (start < text.length) res.push(text.slice(start));
    return res;
  }

  cut(text) {  // the tokens of a text; blanks between runs are no tokens, other white space is one
    const tokens = [], blank = [];
    const runs = text.match(new RegExp(`[${SPACE}]+|[^${SPACE}]+`, 'gu')) || [];
    runs.forEach((run, i) => {
      if (isSpace.test(run)) {
        if (i > 0 && run[0] === ' ') { blank[blank.length - 1] = ' '; run = run.slice(1); }
        if (!run) return;
      }
      for (const t of isSpace.test(run) ? this.white(run) : this.run(run)) { tokens.push(t); blank.push(''); }
    });
    return this.joined(tokens, blank);
  }

  white(run) { return this.run(run); }

  joined(tokens, blank) {  // exceptions that consist of several tokens are found at the end
    const spans = [], taken = new Set(), found = new Map(), res = [];
    tokens.forEach((t, i) => { for (const n of this.sizes.get(t) || [])
      if (i + n <= tokens.length && this.phrases.has(tokens.slice(i, i + n).join('\n'))) spans.push([n, i]); });
    spans.sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    for (const [n, i] of spans) {
      if (!taken.has(i) && !taken.has(i + n - 1)) found.set(i, i + n);
      for (let j = i; j < i + n; j++) taken.add(j);
    }
    for (let i = 0; i < tokens.length;) {
      if (!found.has(i)) { res.push(tokens[i++]); continue; }
      const end = found.get(i);
      const whole = tokens.slice(i, end).map((t, j) => t + (i + j < end - 1 ? blank[i + j] : '')).join('');
      res.push(...(this.rules.get(whole) || tokens.slice(i, end)));
      i = end;
    }
    return res;
  }
}

class Tokenizer {
  constructor(told, input) {
    this.told = told;
    this.cutter = told.cut ? new Cutter(told.cut) : null;
    this.numbers = new Map(input.vocab.map((w, i) => [w, i]));
    this.input = input;
    this.newer = new RegExp(`[${told.unknown}]|\\p{Cn}`, 'u');
  }

  tokens(text) {
    for (const name of this.told.before) text = BEFORE[name](text, this.told);
    let res = this.cutter ? this.cutter.cut(text) : text.split(' ');
    for (const name of this.told.after) res = AFTER[name](res);
    return res;
  }

  ids(text) {  // numbers of the tokens, and what to say about them
    if (/\p{Surrogate}/u.test(text)) throw new Error('The text has half a character in it.');
    const tokens = this.tokens(text), unknown = this.numbers.get('xxunk') ?? 0, notes = [];
    const number = t => this.numbers.get(t) ?? unknown, strange = [...new Set(tokens.filter(t => !this.numbers.has(t)))];
    const ids = [...this.told.begin, ...tokens, ...this.told.end].map(number);
    if (!ids.length) ids.push(this.input.pad);
    if (this.input.backwards) ids.reverse();
    if (strange.length) notes.push(`Words that the model does not know: ${strange.slice(0, 8).join(', ')}` +
                                   (strange.length > 8 ? ` and ${strange.length - 8} more.` : '.'));
    if (this.newer.test(text)) notes.push('The text has characters that are newer than Python or this browser: both may cut them differently.');
    return { ids, notes };
  }
}

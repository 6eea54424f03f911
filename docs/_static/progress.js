// Which lessons you have read: boxes to tick on the map of the lessons and at the end of each, ticks on links. It stays in this browser.
(() => {
  const KEY = 'fastcourse-lessons-read'
  const zh = document.documentElement.lang.startsWith('zh')
  const words = zh ? { read: '读完了', this: '这一课我读完了', of: (n, all) => `读完了 ${all} 课中的 ${n} 课` }
                   : { read: 'Read', this: 'I have read this lesson', of: (n, all) => `${n} of ${all} lessons read` }
  const lesson = (url) => new URL(url, location.href).pathname.match(/\/lessons\/(\w+)\.html$/)?.[1]

  const read = () => {  // a browser may forbid to keep anything
    try { return new Set(JSON.parse(localStorage.getItem(KEY)) ?? []) } catch { return new Set() }
  }
  const keep = (name, yes) => {
    const names = read()
    if (yes) names.add(name); else names.delete(name)
    try { localStorage.setItem(KEY, JSON.stringify([...names])) } catch { /* the ticks last as long as the page */ }
    show(names)
  }

  const box = (name, label) => {
    const input = document.createElement('input')
    Object.assign(input, { type: 'checkbox', className: 'lesson-box' })
    input.dataset.lesson = name
    input.setAttribute('aria-label', label)
    input.addEventListener('change', () => keep(name, input.checked))
    return input
  }
  const show = (names) => {
    for (const o of document.querySelectorAll('.lesson-box')) o.checked = names.has(o.dataset.lesson)
    for (const a of document.querySelectorAll('a[href]')) {
      const name = lesson(a.href)
      if (name && !a.hash && !a.matches('.back-to-top')) a.classList.toggle('lesson-read', names.has(name))
    }
    const boxes = [...document.querySelectorAll('td .lesson-box')].map((o) => o.dataset.lesson)
    for (const o of document.querySelectorAll('.lessons-read')) o.textContent = words.of(boxes.filter((b) => names.has(b)).length, boxes.length)
  }

  const start = () => {
    const rows = [...document.querySelectorAll('article tr > td:first-child > a, article tr > td:first-child > p > a')].filter((a) => lesson(a.href))
    for (const a of rows) a.before(box(lesson(a.href), `${words.read}: ${a.textContent}`), ' ')
    const table = rows[0]?.closest('table')
    if (table) table.before(Object.assign(document.createElement('p'), { className: 'lessons-read', role: 'status' }))
    const here = lesson(location.href)
    if (here) {
      const label = Object.assign(document.createElement('label'), { className: 'lesson-end' })
      label.append(box(here, words.this), ` ${words.this}`)
      document.querySelector('article')?.append(label)
    }
    show(read())
  }
  document.addEventListener('DOMContentLoaded', start)
  addEventListener('storage', () => show(read()))  // ticked in another window
  addEventListener('pageshow', () => show(read()))  // back from another page
})()

/**
 * The script that the browser gets, as text. Everything works without it; with it a reading is followed live, filters
 * answer at once, and texts are copied by a button. No framework, no state: it fetches the same pages and puts their
 * `main` in place.
 */
export const script = `
const main = () => document.getElementById('main')
const toast = (text) => {
  const box = document.getElementById('toast')
  if (!box) return
  box.textContent = text
  clearTimeout(toast.timer)
  toast.timer = setTimeout(() => { box.textContent = '' }, 6000)
}

let newest = 0
async function show(url, push) {
  const turn = ++newest
  const answer = await fetch(url, { headers: { accept: 'text/html' } }).catch(() => null)
  if (turn !== newest) return false
  if (!answer || !answer.ok || !(answer.headers.get('content-type') || '').startsWith('text/html')) {
    if (answer && answer.status === 401) location.reload()
    return false
  }
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const fresh = page.getElementById('main')
  if (turn !== newest || !fresh) return false
  const at = document.activeElement
  const held = at && at.name && main().contains(at) ? { name: at.name, start: at.selectionStart, end: at.selectionEnd, value: at.value } : null
  main().replaceWith(fresh)
  document.title = page.title
  const foot = page.querySelector('.foot')
  if (foot) document.querySelector('.foot')?.replaceWith(foot)
  if (held) {
    const again = fresh.querySelector('[name="' + CSS.escape(held.name) + '"]')
    if (again) {
      again.focus({ preventScroll: true })
      if (again.type === 'search') {
        again.value = held.value
        again.setSelectionRange(held.start, held.end)
      }
    }
  }
  if (push) history.replaceState(null, '', url)
  prepare()
  return true
}

function asked(form) {
  const query = new URLSearchParams()
  for (const [name, value] of new FormData(form)) if (value !== '') query.append(name, value)
  const text = query.toString()
  return form.getAttribute('action') + (text === '' ? '' : '?' + text)
}

let typing
document.addEventListener('input', (event) => {
  const form = event.target.closest('form[data-instant]')
  if (!form) return
  clearTimeout(typing)
  typing = setTimeout(() => show(asked(form), true), event.target.type === 'search' ? 180 : 0)
})
document.addEventListener('submit', (event) => {
  const form = event.target.closest('form[data-instant]')
  if (!form) return
  event.preventDefault()
  clearTimeout(typing)
  show(asked(form), true)
})
document.addEventListener('click', async (event) => {
  const copy = event.target.closest('[data-copy]')
  if (copy) {
    const from = document.getElementById(copy.dataset.copy)
    try {
      await navigator.clipboard.writeText(from.value ?? from.textContent)
      toast('Copied.')
    } catch {
      from.focus()
      from.select?.()
      toast('The text is selected: copy it with the keyboard.')
    }
    return
  }
  // Browsers from before 2025 do not know commands of buttons.
  const opener = event.target.closest('[commandfor]')
  if (opener && !('commandForElement' in HTMLButtonElement.prototype)) {
    const dialog = document.getElementById(opener.getAttribute('commandfor'))
    if (opener.getAttribute('command') === 'show-modal') dialog.showModal()
    else dialog.close()
  }
})

function prepare() {
  for (const button of document.querySelectorAll('[data-copy]')) button.hidden = false
}

/** A page must not change under somebody who is writing in it, or take away what is shown once. */
function writing() {
  if (document.querySelector('dialog[open],[data-keep]')) return true
  const at = document.activeElement
  return Boolean(at && at.closest && at.closest('form[method="post"]') && at.matches('input,textarea,select'))
}

let told = null
function follow() {
  const events = new EventSource('/events')
  events.addEventListener('activity', (event) => {
    const now = JSON.parse(event.data)
    const box = document.getElementById('progress')
    if (box) {
      box.hidden = !now.running
      const list = box.querySelector('ul')
      list.replaceChildren(...now.lines.map((line) => {
        const item = document.createElement('li')
        item.textContent = line
        return item
      }))
    }
    // What ended while the page was on its way stands in no later news: the page says what it was made of.
    if (now.read !== told && now.read !== main().dataset.mark) {
      if (writing()) toast('There is a newer reading: reload to see it.')
      else show(location.href, false).then((done) => { if (done) toast('Newest reading shown.') })
    }
    told = now.read
  })
  addEventListener('pagehide', () => events.close())
  addEventListener('pageshow', (event) => { if (event.persisted) follow() })
}

prepare()
follow()
`

"""What the scripts of the front ends must not do, so that they run wherever widgets do.

VS Code and Colab show the output of a cell in a frame of its own, without the page of the notebook around it, and may forbid scripts
from elsewhere. JupyterLab puts several views of one widget into one page, so a script may only look for things in its own element.
"""
import re
import anywidget
import pytest
import fastcourse.widgets  # noqa: F401  all front ends
from fastcourse.widgets import drop, gallery, picture_map, top_losses  # noqa: F401

FORBIDDEN = {
    'a text that is run as a script': r'\beval\s*\(|new\s+Function\b|setTimeout\(\s*[\'"`]|setInterval\(\s*[\'"`]|javascript:',
    'a script from elsewhere': r'\bimport\b|\brequire\s*\(|importScripts|<script|createElement\([\'"]script',
    'an address on the network': r'https?://|\bfetch\s*\(|XMLHttpRequest|WebSocket|sendBeacon',
    'the frame around it': r'window\.(parent|top|opener)\b|frameElement|\bparent\.postMessage',
    'a search in the whole page': r'document\.(querySelector|getElement|body|head|forms|images|write|cookie)|window\.\$|jQuery|\$\(',
    'what the browser keeps': r'localStorage|sessionStorage|indexedDB',
    'an editor': r'jupyterapp|\bJupyter\.|acquireVsCodeApi|google\.colab',
    'a dialog that stops the page': r'\b(alert|confirm|prompt)\s*\(',
}

def kinds(base=anywidget.AnyWidget):
    "The classes of this library with a script, those of those included."
    return [k for o in base.__subclasses__() for k in [o, *kinds(o)] if k.__module__.startswith('fastcourse.')]

SCRIPTS = {o.__name__: str(o._esm) for o in kinds()}

def faults(script):
    "What `script` does that it must not do."
    return [what for what, pattern in FORBIDDEN.items() if re.search(pattern, script)]

def test_all_scripts_are_looked_at():
    assert {'Gallery', 'Keys', 'FileDrop', 'PictureMap', 'Matrix'} <= SCRIPTS.keys()
    assert min(map(len, SCRIPTS.values())) > 300 and all('export default' in o for o in SCRIPTS.values())

@pytest.mark.parametrize('name', sorted(SCRIPTS))
def test_a_script_keeps_to_its_element(name): assert faults(SCRIPTS[name]) == []

@pytest.mark.parametrize('line', ["eval('1')", 'new Function("x", "return x")', 'setTimeout("go()", 10)', 'import x from "./x.js";',
    "await import('https://example.org/x.js')", "fetch('x.json')", "img.src = 'http://example.org/x.png'", 'window.parent.postMessage(1)',
    "document.querySelector('.fc-card')", 'document.getElementById("x")', 'document.body.append(b)', '$(el).hide()',
    "localStorage.setItem('a', 1)", 'window.jupyterapp.commands', "alert('done')"])
def test_faults_are_found(line):
    script = SCRIPTS['Gallery'].replace('  draw();\n}', f'  {line}\n  draw();\n}}')
    assert line in script and faults(script)

def test_styles_ask_nobody():
    "Colours and sizes only: no font and no picture from elsewhere, and no rule for anything that is not ours."
    for o in kinds():
        css = str(getattr(o, '_css', '') or '')
        assert not re.search(r'@import|url\(', css), o.__name__
        rules = [r for r in re.findall(r'(?m)^\s*([^{}@\n][^{}\n]*)\{', css) if not r.strip().startswith('.fc-')]
        assert rules == [], o.__name__

"""Fetch the scripts that pages of the site use, so that the site asks no other server: `python tools/vendor.py [FOLDER]`.

MathJax (Apache-2.0) for formulas and the widget manager of Jupyter (BSD-3) for stored widgets come from the npm registry,
each as the one archive whose hash is written here.
"""
import base64, hashlib, io, os, sys, tarfile
from pathlib import Path
from urllib.request import urlopen

REGISTRY = os.environ.get('NPM_CONFIG_REGISTRY', 'https://registry.npmjs.org').rstrip('/')
ARCHIVES = {
    'mathjax/-/mathjax-3.2.2.tgz': (
        'Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO+geW0OhGw==',
        {'package/es5/tex-svg.js': 'tex-svg.js', 'package/LICENSE': 'tex-svg.js.LICENSE.txt'}),
    '@jupyter-widgets/html-manager/-/html-manager-1.0.15.tgz': (
        '5thBIV6ymNgmPVOHvzx+gGy8ZSKmSazhtGw4/c4xJDVzRhG9PTeQsRjF3FUTopvFi//SABeNz1yp47bCrJ3CQA==',
        {'package/dist/embed.js': 'embed.js', 'package/dist/embed.js.LICENSE.txt': 'embed.js.LICENSE.txt'}),
}

def fetch(archive, sha512):
    "The bytes of `archive`, refused when they are not those that were named."
    url = f'{REGISTRY}/{archive}'
    with urlopen(url, timeout=120) as r: data = r.read()
    found = base64.b64encode(hashlib.sha512(data).digest()).decode()
    if found != sha512: raise ValueError(f'{url}: the hash is {found}, expected {sha512}')
    return data

def main(dest='build/vendor'):
    dest = Path(dest)
    dest.mkdir(parents=True, exist_ok=True)
    for archive, (sha512, members) in ARCHIVES.items():
        if all((dest/o).exists() for o in members.values()): continue
        with tarfile.open(fileobj=io.BytesIO(fetch(archive, sha512))) as tar:
            for member, name in members.items(): (dest/name).write_bytes(tar.extractfile(member).read())
    print(*(f'{f.name}: {f.stat().st_size/1e6:.1f} MB' for f in sorted(dest.glob('*.js'))), sep='\n')

if __name__ == '__main__': main(*sys.argv[1:])

"Installs what `settings.ini` describes; that file is the one place for names, versions and requirements."
from configparser import ConfigParser
from pathlib import Path
import setuptools

cfg = ConfigParser(delimiters=['='])
cfg.read('settings.ini', encoding='utf-8')
cfg = cfg['DEFAULT']
readme = Path('README.md')
setuptools.setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'], license='Apache-2.0',
    author=cfg['author'], url=cfg['git_url'], keywords=cfg['keywords'],
    packages=setuptools.find_packages(include=['fastcourse', 'fastcourse.*']), python_requires='>=' + cfg['min_python'],
    package_data={'': ['*.pyi', 'py.typed', 'english/*', 'lessons/*', 'web/*']},  # for editors; a model; answers; a page
    install_requires=cfg['requirements'].split(),
    extras_require={o: cfg[f'{o}_requirements'].split() for o in ('dev', 'text', 'weights', 'clean', 'labeler', 'onnx', 'serve', 'hub', 'scale')},
    long_description=readme.read_text(encoding='utf-8') if readme.exists() else '',
    long_description_content_type='text/markdown', include_package_data=True, zip_safe=False,
    entry_points={'nbdev': ['fastcourse=fastcourse._modidx:d'], 'console_scripts': cfg['console_scripts'].split()})

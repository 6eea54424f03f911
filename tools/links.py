"Links in the markdown of notebooks, for README and for the site."
import re

LINK = re.compile(r'(\]\()(?!\w+:|#|/)([^)\s]+)\)')
FENCED = re.compile(r'(^```.*?^```)', re.M | re.S)

def map_links(text, to):
    "`text` with each relative link, anchor included, replaced by what `to` makes of it; code blocks stay as they are."
    def fix(prose): return LINK.sub(lambda m: f'{m[1]}{to(m[2])})', prose)
    return ''.join(o if i % 2 else fix(o) for i, o in enumerate(FENCED.split(text)))

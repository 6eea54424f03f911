"The peer's share of `tokenizing`, where fastai 2.8 and spaCy are: CPU seconds and tokens for each line it reads."
import os, sys, time, warnings
os.environ.setdefault('OMP_NUM_THREADS', '1')
warnings.filterwarnings('ignore')
import json
from pathlib import Path
from fastai.text.core import SpacyTokenizer, defaults, parallel_tokenize

def main():
    texts = json.loads(Path(sys.argv[1]).read_text(encoding='utf-8'))
    for _ in sys.stdin:
        tok = SpacyTokenizer('en')
        start = time.process_time()
        tokens = list(parallel_tokenize(texts, tok, defaults.text_proc_rules, n_workers=0))
        print(time.process_time() - start, sum(len(o[1]) for o in tokens), flush=True)

if __name__ == '__main__': main()

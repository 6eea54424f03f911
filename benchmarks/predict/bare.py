"What nobody can leave out: decode, resize, cut, normalize, ask."
import numpy as np, torch
from PIL import Image as PILImage

SIZE = 224

def by_hand(model, file, mean, std):
    "What nobody can leave out: decode, resize, cut, normalize, ask."
    img = PILImage.open(file).convert('RGB')
    scale = SIZE/min(img.size)
    w, h = (round(o*scale) for o in img.size)
    img = img.resize((w, h), PILImage.BILINEAR)
    x, y = (w - SIZE)//2, (h - SIZE)//2
    px = torch.from_numpy(np.array(img.crop((x, y, x+SIZE, y+SIZE)))).permute(2, 0, 1)[None]
    with torch.no_grad(): return model((px.float().div_(255) - mean)/std).softmax(1)

"""What `Learner.fit` costs over the bare PyTorch loop: same model, optimizer and loader, interleaved, one thread.

Two loaders: batches already in memory, where only the loop is measured, and the real one, which decodes pictures.
"""
from ..digits import compare
from ..timing import Report, arguments
from . import bare
from fastcourse.vision import *

EPOCHS, BOUND = 4, 1.10

def cases(data):
    "The two ways to train a small model on `data`."
    loss = nn.CrossEntropyLoss()
    def library(): Learner(data, bare.small_cnn(), loss_func=loss, metrics=accuracy, silent=True).fit(EPOCHS, 1e-3)
    def plain(): bare.fit(bare.small_cnn(), EPOCHS, data.train_dl, data.valid_dl, loss)
    return {'plain': plain, 'fit': library}

def main():
    args, report = arguments(__doc__, rounds=15), Report()
    compare(report, cases, args.rounds, BOUND, 'fit over the bare loop')
    report.finish(args)

if __name__ == '__main__': main()

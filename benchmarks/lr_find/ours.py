"""What the 100 iterations of `lr_find` cost over 100 bare training steps: same model, optimizer and loader, interleaved, one thread."""
from ..loop import bare
from ..digits import compare
from ..timing import Report, arguments
from fastcourse.vision import *

STEPS, BOUND = 100, 1.3

def cases(data):
    "The search, all its steps, and the same number of plain steps."
    loss = nn.CrossEntropyLoss()
    def library(): Learner(data, bare.small_cnn(), loss_func=loss, silent=True).lr_find(num_it=STEPS, stop_div=False)
    def plain(): bare.first_steps(bare.small_cnn(), STEPS, data.train_dl, loss)
    return {'plain': plain, 'lr_find': library}

def main():
    args, report = arguments(__doc__, rounds=15), Report()
    compare(report, cases, args.rounds, BOUND, 'lr_find over bare steps')
    report.finish(args)

if __name__ == '__main__': main()

"A Wasserstein GAN in a loop written by hand, with the steps of the library's: two optimizers, frozen sides, clipped weights."
import torch

def fit(generator, critic, opt_gen, opt_critic, batches, n_crit=5, clip=.01):
    "Take turns over `batches` of noise and pictures, `n_crit` of the critic for each of the generator."
    gen_mode, steps = False, 0
    turn(generator, critic, gen_mode)
    for noise, real in batches:
        if gen_mode: loss, opt = critic(generator(noise)).mean(), opt_gen
        else:
            scores = critic(real)
            with torch.no_grad(): fake = generator(noise)
            loss, opt = scores.mean() - critic(fake).mean(), opt_critic
        loss.backward()
        opt.step()
        opt.zero_grad()
        if not gen_mode:
            with torch.no_grad():
                for p in critic.parameters(): p.clamp_(-clip, clip)
        steps += 1
        if steps == (1 if gen_mode else n_crit):
            gen_mode, steps = not gen_mode, 0
            turn(generator, critic, gen_mode)

def turn(generator, critic, gen_mode):
    "The side that waits is in evaluation mode, and its weights need no gradients."
    for net, active in ((generator, gen_mode), (critic, not gen_mode)):
        net.train(active)
        for p in net.parameters(): p.requires_grad_(active)

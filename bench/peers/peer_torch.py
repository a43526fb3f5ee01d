#!/usr/bin/env python3
"""One-head attention trained on in-context linear regression, in PyTorch with automatic differentiation.

The model is the one of docs/mathematics.md, section 5, "Optimisers" (see peer_numpy.py).

--variant module  nn.Linear projections of every token, scores, softmax, torch.optim.SGD: as a paper's script is written.
--variant folded  the same parameters, but the key-query and value-output products are folded into two vectors before the
                  tokens are touched: as a tuned script is written.

Prints one JSON object with the seconds per step (median, least and most over blocks of steps).
"""
import argparse
import json
import math
import os
import statistics
import time


def parse():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--length", type=int, required=True, help="prompt length L")
    p.add_argument("--kernel", choices=["softmax", "linear"], default="softmax")
    p.add_argument("--covariance", choices=["identity", "kms"], default="identity", help="kms: 0.5^|i-j|")
    p.add_argument("--variant", choices=["module", "folded"], default="module")
    p.add_argument("--dimension", type=int, default=5)
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--rate", type=float, default=1e-3)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--steps", type=int, default=200, help="timed steps, over all blocks")
    p.add_argument("--blocks", type=int, default=5)
    p.add_argument("--warmup", type=int, default=20)
    return p.parse_args()


args = parse()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(args.threads)  # read when PyTorch loads, so before the import
import torch  # noqa: E402

torch.set_num_threads(args.threads)
torch.set_num_interop_threads(1)
torch.manual_seed(args.seed)
d, B, L = args.dimension, args.batch, args.length
D = d + 1
index = torch.arange(d)
covariance = torch.eye(d) if args.covariance == "identity" else 0.5 ** (index[:, None] - index[None, :]).abs().float()
factor = torch.linalg.cholesky(covariance)
noise = math.sqrt(0.1)


class Attention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.q = torch.nn.Linear(D, D, bias=False)
        self.k = torch.nn.Linear(D, D, bias=False)
        self.v = torch.nn.Linear(D, D, bias=False)
        self.o = torch.nn.Linear(D, 1, bias=False)

    def weights(self, scores):
        return torch.softmax(scores, dim=1) if args.kernel == "softmax" else scores / L

    def forward(self, tokens, query):
        if args.variant == "module":
            keys, values = self.k(tokens), self.v(tokens)
            scores = torch.bmm(keys, self.q(query).unsqueeze(2)).squeeze(2) / math.sqrt(D)
            mean = torch.bmm(self.weights(scores).unsqueeze(1), values).squeeze(1)
            return self.o(mean).squeeze(1)
        tilt = (self.q(query) @ self.k.weight) / math.sqrt(D)
        scores = torch.bmm(tokens, tilt.unsqueeze(2)).squeeze(2)
        mean = torch.bmm(self.weights(scores).unsqueeze(1), tokens).squeeze(1)
        return mean @ (self.o.weight @ self.v.weight)[0]


def draw():
    """Fresh prompts: tokens (B, L, D), queries (B, D), targets (B)."""
    weights = torch.randn(B, d) / math.sqrt(d)
    x = torch.randn(B, L, d)
    x_query = torch.randn(B, d)
    if args.covariance != "identity":
        x = x @ factor.T
        x_query = x_query @ factor.T
    y = torch.bmm(x, weights.unsqueeze(2)) + noise * torch.randn(B, L, 1)
    target = (x_query * weights).sum(1) + noise * torch.randn(B)
    return torch.cat([x, y], 2), torch.cat([x_query, torch.zeros(B, 1)], 1), target


model = Attention()
optimiser = torch.optim.SGD(model.parameters(), lr=args.rate)


def step():
    tokens, query, target = draw()
    loss = torch.mean((model(tokens, query) - target) ** 2)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss


for _ in range(args.warmup):
    loss = step()
per_block = max(1, args.steps // args.blocks)
times = []
for _ in range(args.blocks):
    start = time.perf_counter()
    for _ in range(per_block):
        loss = step()
    times.append((time.perf_counter() - start) / per_block)
print(json.dumps({
    "peer": "torch", "version": torch.__version__, "variant": args.variant, "dtype": "float32", "threads": args.threads,
    "kernel": args.kernel, "length": L, "batch": B, "steps": per_block * args.blocks,
    "seconds_per_step": statistics.median(times), "least": min(times), "most": max(times), "loss": float(loss),
}))

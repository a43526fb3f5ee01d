#!/usr/bin/env python3
"""One-head attention trained on in-context linear regression, in NumPy.

What one would write by hand for speed: gradients derived on paper, the key-query and value-output products folded
into two vectors before any token is touched, everything vectorised over the batch.

The model is the one of docs/mathematics.md, section 5, "Optimisers": tokens (x, y) in R^(d+1), factors Q, K, V
((d+1) x (d+1)) and O (1 x (d+1)), scores divided by sqrt(d+1), mean squared error, SGD on fresh prompts.

Prints one JSON object with the seconds per step (median, least and most over blocks of steps).
--check compares the gradients with central differences instead and prints the largest deviation.
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
    p.add_argument("--dimension", type=int, default=5)
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--rate", type=float, default=1e-3)
    p.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--steps", type=int, default=200, help="timed steps, over all blocks")
    p.add_argument("--blocks", type=int, default=5)
    p.add_argument("--warmup", type=int, default=20)
    p.add_argument("--check", action="store_true")
    return p.parse_args()


args = parse()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(args.threads)  # read when NumPy loads its BLAS, so before the import
import numpy as np  # noqa: E402

dtype = np.dtype("float64" if args.check else args.dtype)
d, B, L = args.dimension, args.batch, args.length
D = d + 1
rng = np.random.Generator(np.random.SFC64(args.seed))
index = np.arange(d)
covariance = np.eye(d) if args.covariance == "identity" else 0.5 ** np.abs(index[:, None] - index[None, :])
factor_t = np.linalg.cholesky(covariance).T.astype(dtype)
noise = dtype.type(math.sqrt(0.1))
scale = dtype.type(1 / math.sqrt(D))
bound = 1 / math.sqrt(D)
Q, K, V = (rng.uniform(-bound, bound, (D, D)).astype(dtype) for _ in range(3))
O = rng.uniform(-bound, bound, (1, D)).astype(dtype)
tokens = np.empty((B, L, D), dtype)
query = np.zeros((B, D), dtype)


def draw():
    """Fills `tokens` and `query` with fresh prompts; returns the targets."""
    weights = rng.standard_normal((B, d), dtype=dtype) * dtype.type(1 / math.sqrt(d))
    normals = rng.standard_normal((B, L, D), dtype=dtype)  # covariates and label noise in one draw
    x_query = rng.standard_normal((B, d), dtype=dtype)
    x = normals[:, :, :d]
    if args.covariance != "identity":
        x = x @ factor_t
        x_query = x_query @ factor_t
    tokens[:, :, :d] = x
    tokens[:, :, d] = (x @ weights[:, :, None])[:, :, 0] + noise * normals[:, :, d]
    query[:, :d] = x_query
    return (x_query * weights).sum(1) + noise * rng.standard_normal(B, dtype=dtype)


def loss_and_gradients(target):
    projected = query @ Q.T
    tilt = (projected @ K) * scale
    value = (O @ V)[0]
    p = np.matmul(tokens, tilt[:, :, None])[:, :, 0]
    if args.kernel == "softmax":
        p -= p.max(1, keepdims=True)
        np.exp(p, out=p)
        p /= p.sum(1, keepdims=True)
    else:
        p *= dtype.type(1 / L)
    mean = np.matmul(p[:, None, :], tokens)[:, 0, :]
    prediction = mean @ value
    error = prediction - target
    residual = (dtype.type(2 / B) * error).astype(dtype)
    w = tokens @ value
    if args.kernel == "softmax":
        w -= prediction[:, None]
        w *= p
    else:
        w *= dtype.type(1 / L)
    g_tilt = np.matmul(w[:, None, :], tokens)[:, 0, :] * (residual * scale)[:, None]
    g_value = residual @ mean
    return (
        float((error * error).mean()),
        (g_tilt @ K.T).T @ query,
        projected.T @ g_tilt,
        np.outer(O[0], g_value),
        (V @ g_value)[None, :],
    )


def step():
    loss, *gradients = loss_and_gradients(draw())
    for parameter, gradient in zip((Q, K, V, O), gradients):
        parameter -= dtype.type(args.rate) * gradient
    return loss


def check():
    target = draw()
    _, *gradients = loss_and_gradients(target)
    worst, h = 0.0, 1e-6
    for parameter, gradient in zip((Q, K, V, O), gradients):
        for at in np.ndindex(parameter.shape):
            kept = parameter[at]
            parameter[at] = kept + h
            high = loss_and_gradients(target)[0]
            parameter[at] = kept - h
            low = loss_and_gradients(target)[0]
            parameter[at] = kept
            worst = max(worst, abs((high - low) / (2 * h) - gradient[at]))
    print(json.dumps({"peer": "numpy", "largest_deviation": worst}))


def measure():
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
        "peer": "numpy", "version": np.__version__, "dtype": str(dtype), "threads": args.threads, "kernel": args.kernel,
        "length": L, "batch": B, "steps": per_block * args.blocks, "seconds_per_step": statistics.median(times),
        "least": min(times), "most": max(times), "loss": loss,
    }))


check() if args.check else measure()

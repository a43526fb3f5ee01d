/** Sample means with control variates that stay unbiased and whose bands stay honest (docs/mathematics.md, section 4). */
import { RunningMean, SkewedMean } from './running-mean.js';

/** Independent batches behind a controlled mean. */
const batchCount = 64;
/** Fewest values from which coefficients are estimated: below, the mean is the plain one. */
export const fewestControlled = 256;

/** Moments of what a batch was given, about 0. */
class Batch {
  readonly value = new RunningMean();
  readonly noise = new RunningMean();
  readonly known = new RunningMean();
  /** The known means at further draws. */
  readonly further = new RunningMean();
  noiseSquares = 0;
  noiseProducts = 0;
  knownSquares = 0;
  knownProducts = 0;
}

/**
 * The mean of Y over draws (q, ω) with two controls made of an approximation A of Y whose mean Ā(q) = E[A | q] is known: `noise` A − Ā, of mean 0, and Ā itself,
 * whose mean is estimated at further draws of q, which cost no ω. In every batch, Y − β(A − Ā) − γ(Ā − further mean of Ā) is averaged with β and γ from
 * the other batches: they are independent of the batch, so its mean is unbiased for any law and any number of draws, and the spread of the batches' means is
 * the band.
 */
export class ControlledMean {
  private readonly plain = new SkewedMean();
  private readonly batches = Array.from({ length: batchCount }, () => new Batch());

  /** How many draws. */
  get count(): number {
    return this.plain.count;
  }

  /** Y, A − Ā and Ā of one draw. Draws go to the batches in turn. */
  add(value: number, noise = 0, known = 0): void {
    const batch = this.batches[this.plain.count % batchCount];
    this.plain.add(value);
    batch.value.add(value);
    batch.noise.add(noise);
    batch.known.add(known);
    batch.noiseSquares += noise * noise;
    batch.noiseProducts += noise * value;
    batch.knownSquares += known * known;
    batch.knownProducts += known * value;
  }

  /** Ā at a further draw of q, for the batch that the next `add` goes to. */
  addFurther(known: number): void {
    this.batches[this.plain.count % batchCount].further.add(known);
  }

  /** `parts`: how many independent numbers the mean is the mean of, and their skewness. NaN as the standard error of a single value. */
  estimate(): { readonly mean: number; readonly standardError: number; readonly parts: number; readonly skewness: number } {
    const { plain, batches } = this;
    if (plain.count < fewestControlled || batches.every((b) => b.noiseSquares === 0 && b.knownSquares === 0)) {
      return { mean: plain.mean, standardError: plain.standardError, parts: plain.count, skewness: plain.skewness };
    }
    const total = new CoefficientSums();
    for (const batch of batches) total.add(batch, 1);
    const means = new SkewedMean();
    for (const batch of batches) {
      total.add(batch, -1);
      const { noise, known } = total.coefficients(batches.every((b) => b.further.count > 0));
      total.add(batch, 1);
      const shift = known === 0 ? 0 : known * (batch.known.mean - batch.further.mean);
      means.add(batch.value.mean - noise * batch.noise.mean - shift);
    }
    return { mean: means.mean, standardError: means.standardError, parts: batchCount, skewness: means.skewness };
  }
}

/** Sums over several batches, for the regression of Y on the two controls, which are uncorrelated with one another. */
class CoefficientSums {
  private count = 0;
  private further = 0;
  private value = 0;
  private noise = 0;
  private known = 0;
  private noiseSquares = 0;
  private noiseProducts = 0;
  private knownSquares = 0;
  private knownProducts = 0;

  add(batch: Batch, sign: 1 | -1): void {
    this.count += sign * batch.value.count;
    this.further += sign * batch.further.count;
    this.value += sign * batch.value.mean * batch.value.count;
    this.noise += sign * batch.noise.mean * batch.noise.count;
    this.known += sign * batch.known.mean * batch.known.count;
    this.noiseSquares += sign * batch.noiseSquares;
    this.noiseProducts += sign * batch.noiseProducts;
    this.knownSquares += sign * batch.knownSquares;
    this.knownProducts += sign * batch.knownProducts;
  }

  /** `noise` β; `known` γ, made smaller by what the mean of Ā at finitely many further draws varies itself. */
  coefficients(hasFurther: boolean): { readonly noise: number; readonly known: number } {
    const { count, further, value, noise, known, noiseSquares, noiseProducts, knownSquares, knownProducts } = this;
    const variance = knownSquares - (known * known) / count;
    // Rounding is all that is left of the variance of a constant.
    const varies = variance > 1e-9 * knownSquares;
    return {
      noise: noiseSquares > 0 ? (noiseProducts - (noise * value) / count) / noiseSquares : 0,
      known: hasFurther && varies ? ((knownProducts - (known * value) / count) / variance) * (further / (further + count)) : 0,
    };
  }
}

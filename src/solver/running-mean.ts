/** Mean and standard error of numbers that arrive one by one (B. P. Welford, 1962). */
export class RunningMean {
  count = 0;
  mean = 0;
  protected squares = 0;

  add(value: number): void {
    this.count++;
    const delta = value - this.mean;
    this.mean += delta / this.count;
    this.squares += delta * (value - this.mean);
  }

  /** Standard error of `mean`; NaN below two numbers. */
  get standardError(): number {
    return this.count > 1 ? Math.sqrt(this.squares / (this.count - 1) / this.count) : Number.NaN;
  }
}

/** The same with the skewness of the numbers. */
export class SkewedMean extends RunningMean {
  private cubes = 0;

  override add(value: number): void {
    const delta = value - this.mean;
    const n = this.count + 1;
    const step = delta / n;
    this.cubes += delta * step * step * (n - 1) * (n - 2) - 3 * step * this.squares;
    super.add(value);
  }

  /** Third central moment over the 3/2-th power of the second; 0 without spread. */
  get skewness(): number {
    return this.squares > 0 ? (this.cubes / this.count) * (this.count / this.squares) ** 1.5 : 0;
  }
}

/** Mean and standard error of numbers that arrive one by one (B. P. Welford, 1962). */
export class RunningMean {
  count = 0;
  mean = 0;
  private squares = 0;

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

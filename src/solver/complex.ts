/** Complex numbers as pairs, for the few scalars beside loops over arrays of real and imaginary parts. */
export type Complex = readonly [number, number];

export function times(a: Complex, b: Complex): Complex {
  return [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
}

export function scaled(factor: number, a: Complex): Complex {
  return [factor * a[0], factor * a[1]];
}

const zero: Complex = [0, 0];

/** Up to eight terms; not a list, which would have to be made. */
export function plus(a: Complex, b: Complex, c = zero, d = zero, e = zero, f = zero, g = zero, h = zero): Complex {
  return [a[0] + b[0] + c[0] + d[0] + e[0] + f[0] + g[0] + h[0], a[1] + b[1] + c[1] + d[1] + e[1] + f[1] + g[1] + h[1]];
}

/** A vector of complex numbers. */
export class ComplexVector {
  readonly re: Float64Array;
  readonly im: Float64Array;

  constructor(readonly size: number) {
    this.re = new Float64Array(size);
    this.im = new Float64Array(size);
  }

  /** this + a · (row-major square M) x, or its transpose. */
  addProduct(a: Complex, M: Float64Array, x: ComplexVector, isTransposed = false): void {
    const { size, re, im } = this;
    const down = isTransposed ? 1 : size;
    const along = isTransposed ? size : 1;
    for (let i = 0; i < size; i++) {
      let sr = 0;
      let si = 0;
      for (let j = 0, at = i * down; j < size; j++, at += along) {
        sr += M[at]! * x.re[j]!;
        si += M[at]! * x.im[j]!;
      }
      re[i]! += a[0] * sr - a[1] * si;
      im[i]! += a[0] * si + a[1] * sr;
    }
  }

  /** this + a x. */
  add(a: Complex, x: ComplexVector): void {
    const { size, re, im } = this;
    for (let i = 0; i < size; i++) {
      re[i]! += a[0] * x.re[i]! - a[1] * x.im[i]!;
      im[i]! += a[0] * x.im[i]! + a[1] * x.re[i]!;
    }
  }

  /** this + a x y, element by element. */
  addElementwise(a: Complex, x: ComplexVector, y: ComplexVector): void {
    const { size, re, im } = this;
    for (let i = 0; i < size; i++) {
      const pr = x.re[i]! * y.re[i]! - x.im[i]! * y.im[i]!;
      const pi = x.re[i]! * y.im[i]! + x.im[i]! * y.re[i]!;
      re[i]! += a[0] * pr - a[1] * pi;
      im[i]! += a[0] * pi + a[1] * pr;
    }
  }

  /** Sets to x y, element by element. */
  setProduct(x: ComplexVector, y: ComplexVector): void {
    for (let i = 0; i < this.size; i++) {
      this.re[i] = x.re[i]! * y.re[i]! - x.im[i]! * y.im[i]!;
      this.im[i] = x.re[i]! * y.im[i]! + x.im[i]! * y.re[i]!;
    }
  }

  /** Sets to a real vector. */
  setReal(x: Float64Array): void {
    this.re.set(x);
    this.im.fill(0);
  }

  clear(): void {
    this.re.fill(0);
    this.im.fill(0);
  }

  /** Σ x_i y_i, without conjugation. */
  static inner(x: ComplexVector, y: ComplexVector): Complex {
    let re = 0;
    let im = 0;
    for (let i = 0; i < x.size; i++) {
      re += x.re[i]! * y.re[i]! - x.im[i]! * y.im[i]!;
      im += x.re[i]! * y.im[i]! + x.im[i]! * y.re[i]!;
    }
    return [re, im];
  }

  /** Σ x_i y_i for real y. */
  static innerReal(x: ComplexVector, y: ArrayLike<number>): Complex {
    let re = 0;
    let im = 0;
    for (let i = 0; i < x.size; i++) {
      re += x.re[i]! * y[i]!;
      im += x.im[i]! * y[i]!;
    }
    return [re, im];
  }

  /** Σ x_i y_i z_i. */
  static triple(x: ComplexVector, y: ComplexVector, z: ComplexVector): Complex {
    let re = 0;
    let im = 0;
    for (let i = 0; i < x.size; i++) {
      const pr = x.re[i]! * y.re[i]! - x.im[i]! * y.im[i]!;
      const pi = x.re[i]! * y.im[i]! + x.im[i]! * y.re[i]!;
      re += pr * z.re[i]! - pi * z.im[i]!;
      im += pr * z.im[i]! + pi * z.re[i]!;
    }
    return [re, im];
  }

  /** xᵀ M x for a real row-major M. */
  static form(x: ComplexVector, M: Float64Array): Complex {
    return complexForm(x.size, M, x.re, x.im);
  }
}

/** xᵀ M x for a real row-major M of n rows, x given by its parts. */
export function complexForm(n: number, M: Float64Array, xr: Float64Array, xi: Float64Array): Complex {
  let re = 0;
  let im = 0;
  for (let i = 0; i < n; i++) {
    let sr = 0;
    let si = 0;
    for (let j = 0; j < n; j++) {
      sr += M[i * n + j]! * xr[j]!;
      si += M[i * n + j]! * xi[j]!;
    }
    re += sr * xr[i]! - si * xi[i]!;
    im += sr * xi[i]! + si * xr[i]!;
  }
  return [re, im];
}

// Bartlett's factor of a Wishart matrix in two dimensions (`bartlett` in ../twin.ts), in doubles whatever the precision: at 10¹² tokens b11² differs from its mean in the sixth digit only.
import { stride } from './lanes';
import { buffer, length, words } from './setting';
import { fillNormals, fillWords } from './stream';

// b11², b21, b22²: three vectors of four doubles.
export const bartlett = memory.data(3 * 32, 16);

export function drawBartlett<T>(): void {
  fillNormals<T>(buffer, 1);
  for (let lane: usize = 0; lane < 4; lane++) {
    store<f64>(bartlett + 8 * lane, -1);
    store<f64>(bartlett + 32 + 8 * lane, <f64>load<T>(buffer + lane * sizeof<T>()));
    store<f64>(bartlett + 64 + 8 * lane, length == 1 ? 0 : -1);
  }
  // A lane that has its numbers lets the others go on: nothing else is drawn from its stream.
  for (let open = true; open; ) {
    open = false;
    fillNormals<T>(buffer, 1);
    fillWords(words, 2);
    for (let lane: usize = 0; lane < 4; lane++) {
      for (let i: usize = 0; i < 2; i++) {
        const at = bartlett + 64 * i + 8 * lane;
        if (load<f64>(at) >= 0) continue;
        const x = <f64>load<T>(buffer + i * stride<T>() + lane * sizeof<T>());
        const trial = chiSquare(<f64>(length - <i64>i), x, (<f64>load<u32>(words + 16 * i + 4 * lane) + 0.5) * 2.3283064365386963e-10);
        store<f64>(at, trial);
        open = open || trial < 0;
      }
    }
  }
}

// One trial of G. Marsaglia and W. W. Tsang (2000) for χ² with k ≥ 1 degrees of freedom; −1 when it is rejected. At k = 1, x².
function chiSquare(k: f64, x: f64, u: f64): f64 {
  if (k == 1) return x * x;
  const d = k / 2 - 1.0 / 3;
  const step = x / sqrt<f64>(9 * d);
  if (step <= -1) return -1;
  const v = (1 + step) * (1 + step) * (1 + step);
  // Their squeeze spares most logarithms.
  const square = x * x;
  if (u < 1 - 0.0331 * square * square) return 2 * d * v;
  return Math.log(u) < 0.5 * square + d * (1 - v + 3 * Math.log1p(step)) ? 2 * d * v : -1;
}

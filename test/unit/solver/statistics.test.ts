import assert from 'node:assert/strict';
import { fitLine, normalQuantile, studentHalfWidth } from '../../../src/solver/statistics.js';

const near = (value: number, wanted: number, tolerance: number) =>
  assert.ok(Math.abs(value - wanted) <= tolerance * Math.abs(wanted), `${value} for ${wanted}`);

describe('statistics', () => {
  it('gives the quantiles of the normal distribution', () => {
    // python3 -c "from scipy.stats import norm; print([float(norm.ppf(p)) for p in (1e-300, 1e-20, 1e-5, .07, .3, .9, .9999)])"
    const wanted = [
      [1e-300, -37.0470962993612],
      [1e-20, -9.262340089798409],
      [1e-5, -4.264890793922825],
      [0.07, -1.4757910281791706],
      [0.3, -0.5244005127080409],
      [0.9, 1.2815515655446004],
      [0.9999, 3.719016485455709],
    ] as const;
    for (const [p, z] of wanted) near(normalQuantile(p), z, 1e-14);
    assert.equal(normalQuantile(0.5), 0);
    assert.ok(Number.isNaN(normalQuantile(1.1)));
  });

  it('gives the half widths of Student’s bands', () => {
    // python3 -c "from scipy.stats import t; print([(float(t.ppf(.975, d)), float(t.ppf(.99975, d))) for d in (1, 2, 5, 10, 30, 999)])"
    const wanted = [
      [1, 12.706204736174694, 1273.2392829359044],
      [2, 4.302652729749462, 44.70458729293313],
      [5, 2.5705818356363146, 7.975653419040984],
      [10, 2.228138851986274, 5.048972748180853],
      [30, 2.0422724563012378, 3.9016426777434168],
      [999, 1.9623414611334493, 3.4922148298052154],
    ] as const;
    for (const [degrees, narrow, wide] of wanted) {
      near(studentHalfWidth(0.95, degrees), narrow, 1e-9);
      near(studentHalfWidth(0.9995, degrees), wide, 1e-9);
    }
  });

  it('fits a line, weighted, with the error of its slope', () => {
    assert.equal(fitLine([1, 1], [0, 1], null), null);
    near(fitLine([0, 1, 2], [1, 3, 5], null)!.slope, 2, 1e-15);
    // python3 -c "import numpy as np; p, c = np.polyfit([0,1,2,4], [1,2.2,2.9,5.2], 1, w=1/np.array([.1,.1,.2,.4]), cov='unscaled'); print(p[0], c[0,0]**.5)"; the error times √(χ²/2), 1.389 here
    const line = fitLine([0, 1, 2, 4], [1, 2.2, 2.9, 5.2], [0.1, 0.1, 0.2, 0.4])!;
    near(line.slope, 1.0346774193548387, 1e-12);
    near(line.standardError!, 0.09104870853396224, 1e-12);
  });
});

import assert from 'node:assert/strict';
import {
  besselRatio,
  langevin,
  logCosh,
  logGamma,
  logNormalCdf,
  logSphereMean,
  normalCdf,
  normalHazard,
} from '../../../src/solver/special.js';

const close = (actual: number, expected: number, relative = 1e-14): void =>
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${actual} is not ${expected}`);

// Reference numbers: mpmath with 30 digits (ncdf, besseli, sinh, coth, csch, loggamma, cosh at the arguments shown).
describe('special functions', () => {
  it('log Φ, in both tails', () => {
    for (const [x, expected] of [
      [-40, -804.6084420137538],
      [-5, -15.064998393988725],
      [-0.9, -1.6924928065613383],
      [-0.3, -0.9621028181688507],
      [0, -Math.LN2],
      [0.7, -0.27702394227713123],
      [3, -0.0013508099647481938],
    ]) {
      close(logNormalCdf(x), expected);
      close(normalCdf(x), Math.exp(expected), 3e-13);
    }
    assert.equal(logNormalCdf(Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY);
    assert.equal(logNormalCdf(50), 0);
    close(normalHazard(0), Math.sqrt(2 / Math.PI));
  });

  it('Bessel ratios', () => {
    for (const [order, x, expected] of [
      [-0.5, 2, 0.9640275800758169],
      [0.5, 1, 0.3130352854993313],
      [1, 50, 0.9701530815756276],
      [20, 7, 0.16245875064574206],
      [499, 30, 0.029973102094148555],
      [2, 1e5, 0.9999750001875019],
    ]) {
      close(besselRatio(order, x), expected, 2e-15);
    }
    assert.equal(besselRatio(3, 0), 0);
  });

  it('the log mean of e^{x u₁} over a sphere', () => {
    for (const [order, x, expected] of [
      [-0.5, 2, 1.3250027473578645],
      [1, 0.001, 1.2499999739583346e-7],
      [1, 50, 43.89859779171893],
      [20, 7, 0.5758498508209883],
      [2, 1500, 1482.8762016239787],
      [2, 1e4, 9978.134464569159],
      [499, 3000, 1909.4847015707528],
    ]) {
      close(logSphereMean(order, x), expected);
    }
  });

  it('the cumulants of a uniform and of a Rademacher coordinate', () => {
    for (const [x, value, first, second] of [
      [0.0078125, 0.000010172505345689655, 0.002604156070346968, 0.3333292643623374],
      [0.25, 0.010395050992756737, 0.08298816507359656, 0.32920764386894497],
      [0.75, 0.09205243296638162, 0.24110050024440316, 0.29893588146349015],
      [5, 2.697369506045584, 0.8000908039820194, 0.0398183837905981],
      [50, 45.394829814011906, 0.98, 0.0004],
    ]) {
      const f = langevin(x);
      close(f.value, value, 2e-15);
      close(f.first, first, 5e-15);
      close(f.second, second, 5e-15);
      assert.equal(langevin(-x).first, -f.first);
    }
    for (const [x, expected] of [
      [0.0009765625, 4.7683708241191914e-7],
      [0.75, 0.2582660974228071],
      [1.5, 0.8554401710137968],
      [50, 49.30685281944005],
    ]) {
      close(logCosh(x), expected, 1e-15);
    }
  });

  it('log Γ', () => {
    close(logGamma(0.5), 0.5723649429247001);
    close(logGamma(3.25), 0.9358019311087253);
    close(logGamma(100), 359.1342053695754);
  });
});

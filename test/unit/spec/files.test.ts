import assert from 'node:assert/strict';
import { type FileReader, FileStore } from '../../../src/spec/files/reader.js';
import { isProblem, parseTable, type Table } from '../../../src/spec/files/table.js';
import { decodeUtf8 } from '../../../src/spec/files/utf8.js';
import type { FileValue } from '../../../src/spec/values.js';
import { experimentOf, mistake, tokensWith, whole } from './support.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function table(path: string, content: Uint8Array): Table {
  const answer = parseTable(path, content);
  assert.ok(!isProblem(answer), JSON.stringify(answer));
  return answer;
}

/** A `.npy` file, laid out by hand from the format's description (NEP 1). */
function npy(type: string, shape: string, values: Uint8Array, version = 1, fortran = 'False'): Uint8Array {
  const header = `{'descr': '${type}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;
  const prefix = version === 1 ? 10 : 12;
  const padded = `${header.padEnd(Math.ceil((prefix + header.length + 1) / 64) * 64 - prefix - 1)}\n`;
  const start = new Uint8Array(prefix);
  start.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(start.buffer);
  if (version === 1) view.setUint16(8, padded.length, true);
  else view.setUint32(8, padded.length, true);
  return new Uint8Array([...start, ...bytes(padded), ...values]);
}

const raw = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer);

describe('data files', () => {
  it('reads CSV with and without a header', () => {
    const plain = table('a.csv', bytes('1,2\n3,4.5e-1\n'));
    assert.deepEqual([plain.header, plain.rows, plain.columns, [...plain.data]], [null, 2, 2, [1, 2, 3, 0.45]]);
    const headed = table('a.csv', bytes('# made by a script\r\nstep,"the ""loss"", mean"\r\n1, -2\r\n\r\n3,+.5'));
    assert.deepEqual(
      [headed.header, [...headed.data]],
      [
        ['step', 'the "loss", mean'],
        [1, -2, 3, 0.5],
      ],
    );
    assert.deepEqual([...table('a.csv', bytes('\ufeffx\n7\n')).data], [7]);
  });

  it('reads many rows', () => {
    const big = table('a.csv', bytes(Array.from({ length: 5000 }, (_, i) => `${i},${-i}`).join('\n')));
    assert.equal(big.rows, 5000);
    assert.equal(big.data[2 * 4999 + 1], -4999);
  });

  // python3 -c "import numpy as np, io; b = io.BytesIO(); np.save(b, np.array([[1.5, -2.0], [3.0, 4.0]])); print(b.getvalue().hex())"
  it('reads a file that NumPy wrote', () => {
    const hex =
      '934e554d5059010076007b276465736372273a20273c6638272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c2032292c207d' +
      '20'.repeat(58) +
      '0a000000000000f83f00000000000000c000000000000008400000000000001040';
    const content = Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
    const read = table('a.npy', content);
    assert.deepEqual([read.rows, read.columns, [...read.data]], [2, 2, [1.5, -2, 3, 4]]);
  });

  it('reads every type of number, versions 1 to 3, one axis and two', () => {
    assert.deepEqual([...table('a.npy', npy('<f4', '(2, 1)', raw(new Float32Array([0.5, -1])))).data], [0.5, -1]);
    assert.deepEqual([...table('a.npy', npy('<i4', '(3,)', raw(new Int32Array([1, -2, 3])), 2)).data], [1, -2, 3]);
    assert.deepEqual([...table('a.npy', npy('<i8', '(1, 2)', raw(new BigInt64Array([5n, -6n])), 3)).data], [5, -6]);
    assert.deepEqual([...table('a.npy', npy('<u8', '(2,)', raw(new BigUint64Array([2n ** 63n, 6n])))).data], [2 ** 63, 6]);
    assert.deepEqual([...table('a.npy', npy('|u1', '(2,)', Uint8Array.of(3, 255))).data], [3, 255]);
    assert.deepEqual([...table('a.npy', npy('>i2', '(2,)', Uint8Array.of(1, 0, 0xff, 0xfe))).data], [256, -2]);
    assert.deepEqual([...table('a.npy', npy('>f8', '(1,)', Uint8Array.of(0x3f, 0xf8, 0, 0, 0, 0, 0, 0))).data], [1.5]);
    assert.equal(table('a.npy', npy('<f8', '(3,)', raw(new Float64Array(3)))).columns, 1);
  });

  // python3 -c "import numpy as np; print(np.array([1.5, -2, 65504, 6.1e-5, 6e-8, 0.333], '<f2').view('<u2').tolist())" and back with .astype(float)
  it('reads half precision', () => {
    const read = table('a.npy', npy('<f2', '(6,)', raw(new Uint16Array([15872, 49152, 31743, 1023, 1, 13652]))));
    assert.deepEqual([...read.data], [1.5, -2, 65504, 1023 * 2 ** -24, 2 ** -24, 0.3330078125]);
    assert.match(JSON.stringify(parseTable('a.npy', npy('<f2', '(1,)', raw(new Uint16Array([0x7c00]))))), /infinite value in row 1/);
  });

  it('reads Fortran order row by row', () => {
    const read = table('a.npy', npy('<f8', '(2, 3)', raw(new Float64Array([1, 4, 2, 5, 3, 6])), 1, 'True'));
    assert.deepEqual([read.rows, read.columns, [...read.data]], [2, 3, [1, 2, 3, 4, 5, 6]]);
  });

  it('does not hold on to the numbers of a large file, and reads them again where they are wanted', () => {
    const content = npy('<f4', '(500001, 2)', raw(new Float32Array(1_000_002).fill(0.5)));
    let reads = 0;
    const reader: FileReader = {
      resolve: (path) => path,
      read: () => {
        reads++;
        return content;
      },
    };
    const store = new FileStore(reader);
    const file: FileValue = { kind: 'file', path: 'a.npy', x: null, y: null, text: 'file("a.npy")', node: {} as FileValue['node'] };
    assert.deepEqual([store.load(file).reference.rows, store.load(file).reference.columns, reads], [500_001, 2, 1]);
    assert.equal(store.load(file).table.data[1_000_001], 0.5);
    assert.equal(reads, 2);
  });

  describe('problems, at the file(…) call', () => {
    const rows: readonly [content: Uint8Array | string | null, path: string, code: string, says: string][] = [
      [null, 'none.csv', 'E401', 'There is no file "none.csv"'],
      ['', '../up.csv', 'E402', 'outside the folder'],
      ['', 'a.csv', 'E403', 'holds no numbers'],
      ['x,y\n', 'a.csv', 'E403', 'holds no numbers'],
      ['"a\n1\n', 'a.csv', 'E403', 'never closed on line 1'],
      [new Uint8Array([0xff, 0xfe, 0x00]), 'a.csv', 'E403', 'not UTF-8'],
      ['1,2\n3\n', 'a.csv', 'E404', 'has 1 on line 2 where the lines before have 2 values'],
      ['1\nNaN\n', 'a.csv', 'E405', '`NaN` in column 1 on line 2'],
      ['x,y\n1,\n', 'a.csv', 'E405', 'an empty value in column `y` on line 2'],
      ['1\ninf\n', 'a.csv', 'E405', 'inf'],
      ['1\n1e999\n', 'a.csv', 'E405', '1e999'],
      ['not npy at all', 'a.npy', 'E403', 'not a NumPy'],
      [npy('<c8', '(1,)', new Uint8Array(8)), 'a.npy', 'E403', 'type `<c8`'],
      [npy('|b1', '(1,)', new Uint8Array(1)), 'a.npy', 'E403', 'type `|b1`'],
      [npy('<f8', '(2,)', new Uint8Array(8)), 'a.npy', 'E403', 'should hold 16 bytes'],
      [npy('<f8', '(1, 1, 1)', new Uint8Array(8)), 'a.npy', 'E403', '3 axes'],
      [npy('<f8', '(0,)', new Uint8Array(0)), 'a.npy', 'E403', 'no numbers'],
      [npy('<f8', '(2, 2)', raw(new Float64Array([1, 2, Number.NaN, 4])), 1, 'True'), 'a.npy', 'E405', 'NaN in row 1, column 2'],
      [npy('<f8', '(1,)', new Uint8Array(8), 7), 'a.npy', 'E403', 'version 7'],
      [npy('<f8', '(1,)', raw(new Float64Array([Number.NaN]))), 'a.npy', 'E405', 'NaN in row 1, column 1'],
      [npy('<f8', '(100000, 100000)', new Uint8Array(8)), 'a.npy', 'E406', '10000000000 values'],
    ];
    for (const [content, path, code, says] of rows) {
      it(`${code}: ${says}`, () =>
        mistake(tokensWith(`«file("${path}")»`), code, says, { files: content === null ? {} : { [path]: content } }));
    }

    it('E308: another dimension', () => {
      mistake(tokensWith('«file("a.csv")»', '', 2), 'E308', 'tokens of 1 coordinate', { files: { 'a.csv': '1\n2\n' } });
    });

    it('E322: too few tokens to whiten', () => {
      mistake(whole('task linear_regression { dimension = 2, tokens = «file("a.csv")» }'), 'E322', 'holds 2', {
        files: { 'a.csv': '1,0\n2,1\n' },
      });
    });
  });

  it('makes laws and matrices of files', () => {
    const files = { 'm.csv': '2,1\n1,2\n', 't.csv': 'x,y\n1,2\n3,4\n5,7\n' };
    const { setting } = experimentOf(
      whole('task linear_regression { dimension = 2, covariance = file("m.csv"), tokens = file("t.csv") }'),
      { files },
    ).runs[0]!.problem;
    assert.ok(setting.kind === 'task' && setting.task.tokens?.kind === 'empirical');
    assert.deepEqual(setting.task.covariance, [
      [2, 1],
      [1, 2],
    ]);
    const { path, rows, columns, digest } = setting.task.tokens.tokens;
    assert.deepEqual([path, rows, columns], ['t.csv', 3, 2]);
    // printf 'x,y\n1,2\n3,4\n5,7\n' | sha256sum
    assert.equal(digest, '247fd9714fdbd2eb70354902bedb2f1f0526b3331ef1baab7c7b4576ab593675');
  });

  it('refuses a covariance from a file that is not positive', () => {
    mistake(whole('task linear_regression { dimension = 2, covariance = «file("m.csv")» }'), 'E307', '-1', {
      files: { 'm.csv': '1,2\n2,1\n' },
    });
  });

  describe('overlays', () => {
    const files = { 'run.csv': 'step,loss,extra\n0,1\t,2\n10,0.5,3\n', 'bare.csv': '1,2\n3,4\n', 'one.csv': '1\n2\n' };
    it('takes columns by name, or the first two', () => {
      const named = experimentOf(whole('overlay "mine" = file("run.csv", x: step, y: extra)'), { files }).overlays[0]!;
      assert.deepEqual([named.label, named.x, named.y, named.points], ['mine', 'step', 'extra', { x: [0, 10], y: [2, 3] }]);
      assert.deepEqual(experimentOf(whole('overlay "mine" = file("bare.csv")'), { files }).overlays[0]!.points, { x: [1, 3], y: [2, 4] });
      assert.deepEqual(experimentOf(whole('overlay "mine" = file("run.csv", y: "loss")'), { files }).overlays[0]!.points.y, [1, 0.5]);
    });
    it('says which columns there are', () => {
      mistake(whole('overlay "m" = «file("run.csv", x: step, y: los)»'), 'E407', 'did you mean `loss`?', { files });
      mistake(whole('overlay "m" = «file("run.csv", x: step, y: wholly_else)»'), 'E407', '`step`, `loss` and `extra`', { files });
      mistake(whole('overlay "m" = «file("bare.csv", x: step, y: loss)»'), 'E407', 'no header', { files });
      mistake(whole('overlay "m" = «file("one.csv")»'), 'E407', 'one column', { files });
      mistake(whole('overlay "m" = «3»'), 'E301', 'An overlay is a file', { files });
    });
  });

  it('decodes UTF-8 like the platform, and refuses what it refuses', () => {
    const strict = new TextDecoder('utf-8', { fatal: true });
    const samples = ['ρ = 0.5', 'a😀b', '\ufeffx', '', 'é'.repeat(20000)];
    for (const sample of samples) assert.equal(decodeUtf8(bytes(sample)), strict.decode(bytes(sample)));
    for (const bad of [[0xff], [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80]]) {
      assert.throws(() => strict.decode(Uint8Array.from(bad)));
      assert.equal(decodeUtf8(Uint8Array.from(bad)), null);
    }
  });
});

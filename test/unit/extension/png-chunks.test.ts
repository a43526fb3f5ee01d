import assert from 'node:assert/strict';
import { PNG } from 'pngjs';
import { withDetails } from '../../../src/extension/export/png-chunks.js';

describe('details of a PNG', () => {
  const plain = new PNG({ width: 3, height: 2 });
  plain.data.fill(200);
  const bytes = PNG.sync.write(plain);

  it('leave the picture as it is, and pass a reader that checks every chunk', () => {
    const detailed = withDetails(bytes, { dotsPerInch: 300, texts: { Title: 'Softmax → limit', Comment: '{"seed":"0"}' } });
    const read = PNG.sync.read(Buffer.from(detailed));
    assert.deepEqual([read.width, read.height, read.data], [3, 2, plain.data]);
    const text = Buffer.from(detailed).toString('utf8');
    assert.ok(text.includes('Title\0\0\0\0\0Softmax → limit'));
    assert.ok(text.includes('Comment\0\0\0\0\0{"seed":"0"}'));
  });

  it('say 300 dots to the inch as 11811 to the metre', () => {
    const detailed = Buffer.from(withDetails(bytes, { dotsPerInch: 300, texts: {} }));
    const at = detailed.indexOf('pHYs') + 4;
    assert.deepEqual([detailed.readUInt32BE(at), detailed.readUInt32BE(at + 4), detailed[at + 8]], [11811, 11811, 1]);
  });

  it('are refused by what is no PNG', () => {
    assert.throws(() => withDetails(Buffer.from('GIF89a, and more than twenty bytes'), { dotsPerInch: 300, texts: {} }), /no PNG/);
  });
});

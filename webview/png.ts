/** An SVG figure as PNG, drawn by the browser that the panel runs in. */

/** Longest side in pixels; browsers refuse much larger canvases. */
const largest = 8192;

/** @param scale pixels to a CSS pixel of the figure */
export async function toPng(svg: string, scale: number): Promise<Blob> {
  const { text, width, height } = inPixels(svg, scale);
  const address = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('There is no canvas to draw on.');
    context.drawImage(image, 0, 0, width, height);
    return await new Promise<Blob>((resolve, reject) => {
      canvas.toBlob((blob) => (blob === null ? reject(new Error('The figure could not be drawn.')) : resolve(blob)), 'image/png');
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** The figure, sized in points, in whole pixels: a part of a pixel would leave an edge half transparent. */
function inPixels(svg: string, scale: number): { readonly text: string; readonly width: number; readonly height: number } {
  const page = new DOMParser().parseFromString(svg, 'image/svg+xml');
  const root = page.documentElement;
  const points = (name: string): number => Math.max(1, Number.parseFloat(root.getAttribute(name) ?? ''));
  const factor = (scale * 96) / 72;
  const fit = Math.min(factor, largest / Math.max(points('width'), points('height')));
  const [width, height] = [Math.round(points('width') * fit), Math.round(points('height') * fit)];
  root.setAttribute('width', String(width));
  root.setAttribute('height', String(height));
  root.setAttribute('preserveAspectRatio', 'none');
  return { text: new XMLSerializer().serializeToString(page), width, height };
}

/** The promise is handed over as it is: a browser grants the clipboard only right after a click. */
export async function toClipboard(png: Promise<Blob>): Promise<void> {
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}

// What is sampled, and where it lies in memory. Set once by `configure`; one instance of the module serves one setting.

// Tokens between two looks at the budget, and the size of the buffer they are drawn into.
export const chunkTokens: i32 = 32;
// Chunks whose sums are kept in T before they go over to doubles: 1024 tokens.
export const chunksTogether: i32 = 32;
// Groups of four prompts in a block.
export const blockGroups: i32 = 8;

export let dimension: i32 = 0;
export let width: i32 = 0;
export let heads: i32 = 0;
export let linear: bool = false;
export let plane: bool = false;
export let length: i64 = 0;
export let link: i32 = 0;
// Normals and words that one draw of w, of a token and of a query takes.
export let weightNormals: i32 = 0;
export let weightWords: i32 = 0;
export let tokenNormals: i32 = 0;
export let tokenWords: i32 = 0;
export let queryNormals: i32 = 0;
export let queryWords: i32 = 0;

// Of type T: noise of tokens and, after it, that of labels; W (heads × D × d) and v (heads × D).
export let noise: usize = 0;
export let keyQuery: usize = 0;
export let value: usize = 0;
// Lane arrays of type T.
export let taskNormals: usize = 0;
export let weights: usize = 0;
export let query: usize = 0;
export let label: usize = 0;
export let prediction: usize = 0;
export let active: usize = 0;
export let mean: usize = 0;
export let slope: usize = 0;
export let tilt: usize = 0;
export let rest: usize = 0;
// Normals of a chunk of plane tokens, or of two explicit ones.
export let buffer: usize = 0;
export let tokens: usize = 0;
export let scores: usize = 0;
export let products: usize = 0;
export let top: usize = 0;
export let partial: usize = 0;
// Number of lane vectors in `partial`, and the same sums as doubles.
export let partials: i32 = 0;
export let promoted: usize = 0;
// Vectors of 32-bit words.
export let words: usize = 0;
// Lane vectors that a block adds up, and the doubles that they become.
export let block: usize = 0;
export let totals: usize = 0;
export let outputs: i32 = 0;

// Numbers of a prompt's record, and where those of a call are, as doubles: u (d), the query (d), mean (heads × D), and for each head the largest score and the sum of
// exponentials beside it. No numbers where nothing is recorded.
export let recordLength: i32 = 0;
export let records: usize = 0;

export function keepRecords(prompts: i32): void {
  recordLength = 2 * dimension + heads * (width + 2);
  records = allocate(8 * recordLength * prompts);
}

// A prompt's sums go over to doubles before its end.
@inline
export function isLong(): bool {
  return length > <i64>(chunkTokens * chunksTogether);
}

let free: usize = 0;

export function allocate(bytes: usize): usize {
  if (free == 0) free = (__heap_base + 15) & ~15;
  const at = free;
  free = (free + bytes + 15) & ~15;
  const pages = <i32>((free + 0xffff) >>> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) unreachable();
  return at;
}

export function layOut<T>(
  isLinear: bool, hasPlaneForm: bool, d: i32, headCount: i32, tokenCount: i64, linkNumber: i32,
  wNormals: i32, wWords: i32, tNormals: i32, tWords: i32, qNormals: i32, qWords: i32,
): void {
  const S: i32 = 4 * sizeof<T>();
  const D = d + 1;
  dimension = d;
  width = D;
  heads = headCount;
  linear = isLinear;
  plane = hasPlaneForm;
  length = tokenCount;
  link = linkNumber;
  weightNormals = wNormals;
  weightWords = wWords;
  tokenNormals = tNormals;
  tokenWords = tWords;
  queryNormals = qNormals;
  queryWords = qWords;
  noise = allocate(16);
  keyQuery = allocate(headCount * D * d * sizeof<T>());
  value = allocate(headCount * D * sizeof<T>());
  // The normals of the task, the two Gaussians beside the plane and the first tokens are drawn in this order, and may be in one go.
  const taskPairs = (wNormals + qNormals + 2) >>> 1;
  const restPairs = hasPlaneForm ? D - 2 : 0;
  taskNormals = allocate(2 * (taskPairs + restPairs + max(chunkTokens, tNormals + 1)) * S);
  rest = taskNormals + 2 * taskPairs * S;
  buffer = rest + 2 * restPairs * S;
  weights = allocate(d * S);
  query = allocate(d * S);
  label = allocate(S);
  prediction = allocate(S);
  active = allocate(S);
  mean = allocate(headCount * D * S);
  slope = allocate(headCount * D * S);
  tilt = allocate((headCount + 1) * D * S);
  tokens = allocate(hasPlaneForm ? 0 : chunkTokens * max(D, tNormals + 1) * S);
  scores = allocate(chunkTokens * S);
  products = allocate(chunkTokens * S);
  top = allocate(headCount * S);
  partials = hasPlaneForm ? 8 : headCount * (2 * D + 1);
  partial = allocate(partials * S);
  promoted = allocate(partials * 32);
  words = allocate(16 * max(max(max(wWords, tWords), qWords), 2));
  // Squared error, its square, squared label; then v and W.
  outputs = 3 + headCount * D * (1 + d);
  block = allocate((outputs + 1) * S);
  totals = allocate((outputs + 1) * 8);
}

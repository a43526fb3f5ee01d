/** What a new experiment begins with. Each is solved within seconds and shows something worth looking at. Knows no editor. */

export interface Template {
  readonly label: string;
  readonly detail: string;
  readonly text: string;
}

export const templates: readonly Template[] = [
  {
    label: 'Training against the infinite-prompt limit',
    detail: 'Gradient flow for several prompt lengths, softmax beside linear attention.',
    text: `// Softmax training against its infinite-prompt limit (in-context linear regression).
let d   = 5
let rho = 0.5      // put the cursor here and drag the slider

experiment "Softmax follows its infinite-prompt limit" {
  sweep L over [10, 30, 100, 300, 1000, inf]
  sweep kind over [softmax, linear]

  task linear_regression {
    dimension  = d
    covariance = kms(rho)
    weights    = gaussian(1/d)
    noise      = sqrt(0.1)
  }
  prompt    { length = L }
  attention { kernel = kind, init = balanced(0.1) }
  train gradient_flow { time = 32, points = 65 }

  measure risk, parameter_gap
  plot risk against time by L
  plot parameter_gap against time by L log y
  expect risk decreasing in L
  expect risk at [L = 1000, kind = softmax] within 20% of risk at [L = inf, kind = softmax]
}
`,
  },
  {
    label: 'Concentration',
    detail: 'How fast the output and the gradients of a finite prompt approach their limits, with the certified bound.',
    text: `// How fast does finite-prompt attention reach its limit?
experiment "Output and gradient concentration" {
  sweep L over logspace(2, 1e6, 13)
  sweep shape over [identity, condition(8)]

  tokens    { dimension = 4, law = gaussian(covariance: shape) }
  query     { law = gaussian(identity) }
  attention { key_query = 0.22 * identity, value = 0.75 * identity }
  prompt    { length = L }
  concentrate { of = [output, value_gradient, key_query_gradient] }

  measure output_error, value_gradient_error, key_query_gradient_error, rate of output_error
  plot output_error against L by shape log x log y
  expect output_error decreasing in L
  expect output_error below output_error.certified
}
`,
  },
  {
    label: 'Noise and prompt length',
    detail: 'The final risk over the prompt length, one curve for each level of noise.',
    text: `// What a longer prompt buys, at several levels of noise.
let d = 5

experiment "Final risk over the prompt length" {
  sweep L over logspace(10, 10_000, 13)
  sweep s over [0, 0.2, 0.5, 1]

  task linear_regression { dimension = d, weights = gaussian(1/d), noise = s }
  prompt    { length = L }
  attention { init = balanced(0.1) }
  train gradient_flow { time = 32, points = 33 }

  measure excess_risk
  plot excess_risk against L by s log x log y
  expect excess_risk decreasing in L
}
`,
  },
  {
    label: 'Tokens that are not Gaussian',
    detail: 'Signs instead of normals: the limit is tanh, sampled with confidence bands.',
    text: `// The affine limit is a Gaussian fact: Rademacher tokens tend to tanh instead.
experiment "Rademacher tokens tend to tanh, not to the identity" {
  sweep L over [30, 100, 300, 1000]

  tokens    { dimension = 1, law = rademacher }
  query     { at = [2] }
  attention { key_query = identity, value = identity }
  prompt    { length = L }
  concentrate { of = output, samples = 4096 }

  measure output_error
  plot output_error against L log x log y
  expect output_error decreasing in L
  expect fitted rate of output_error between -1.3 and -0.8
}
`,
  },
  {
    label: 'Empty experiment',
    detail: 'The least that runs.',
    text: `experiment "Untitled" {
  sweep L over [10, 100, 1000, inf]

  task linear_regression { dimension = 5 }
  prompt { length = L }
  train gradient_flow { time = 32 }
}
`,
  },
];

/** E3: values and what they mean together. */
import { entry } from './entry.js';

export const values = {
  E301: entry(
    'Value of the wrong kind',
    'A number, list, word, matrix or law is needed here and something else is given.',
    'prompt { length = [1, 2] }',
    'prompt { length = 1 }',
  ),
  E302: entry(
    'Not an integer',
    'A whole number is meant here. A number written by hand is never rounded; a `linspace` or `logspace` list is.',
    'prompt { length = 10.5 }',
    'prompt { length = 10 }',
  ),
  E303: entry(
    'Out of range',
    'The number lies outside the range where the setting means something.',
    'prompt { length = 0 }',
    'prompt { length = 1 }',
  ),
  E304: entry(
    'Infinite where no limit exists',
    '`inf` is a prompt length. Elsewhere, and where the infinite-prompt limit does not exist, it is refused.',
    'train gradient_flow { time = inf }',
    'train gradient_flow { time = 32 }',
  ),
  E305: entry(
    'Not a number',
    'The expression divides by zero, overflows, or has no real value.',
    'prompt { length = 1 / 0 }',
    'prompt { length = 1 / 1 }',
  ),
  E306: entry(
    'Matrix not symmetric',
    'A covariance is symmetric.',
    'task linear_regression { dimension = 2, covariance = matrix([[1, 0.5], [0.2, 1]]) }',
    'task linear_regression { dimension = 2, covariance = matrix([[1, 0.5], [0.5, 1]]) }',
  ),
  E307: entry(
    'Matrix not positive semidefinite',
    'A covariance has no negative eigenvalue.',
    'task linear_regression { dimension = 2, covariance = matrix([[1, 2], [2, 1]]) }',
    'task linear_regression { dimension = 2, covariance = matrix([[1, 0.5], [0.5, 1]]) }',
  ),
  E308: entry(
    'Dimensions do not agree',
    'Matrices, vectors and laws have the dimension of the block they stand in.',
    'task linear_regression { dimension = 3, covariance = diagonal([1, 2]) }',
    'task linear_regression { dimension = 2, covariance = diagonal([1, 2]) }',
  ),
  E309: entry('Bounds the wrong way round', 'The lower bound comes first.', 'expect risk between 2 and 1', 'expect risk between 1 and 2'),
  E310: entry(
    'Weights of a mixture',
    'A mixture has one weight for each law, none negative, with sum 1.',
    'tokens { dimension = 1, law = mixture([gaussian(1), gaussian(2)], weights: [0.5]) }\nquery { at = [1] }\nattention { key_query = identity, value = identity }\nconcentrate { of = output }',
    'tokens { dimension = 1, law = mixture([gaussian(1), gaussian(2)], weights: [0.5, 0.5]) }\nquery { at = [1] }\nattention { key_query = identity, value = identity }\nconcentrate { of = output }',
  ),
  E311: entry(
    'Empty list',
    'A list of at least one value is needed.',
    'sweep L over []\nprompt { length = L }',
    'sweep L over [10]\nprompt { length = L }',
  ),
  E312: entry(
    'Value given twice',
    'A sweep takes each value once.',
    'sweep L over [10, 10]\nprompt { length = L }',
    'sweep L over [10, 20]\nprompt { length = L }',
  ),
  E313: entry(
    'No such sweep value',
    '`at` picks among the values that the sweep takes.',
    'sweep L over [10, 100]\nprompt { length = L }\nexpect risk at [L = 50] below 1',
    'sweep L over [10, 100]\nprompt { length = L }\nexpect risk at [L = 100] below 1',
  ),
  E314: entry(
    'Quantity that does not apply',
    'The quantity needs a block or an optimiser that the experiment does not have.',
    'measure training_loss',
    'measure risk',
  ),
  E315: entry(
    'No exact form',
    '`method = exact` is possible for Gaussian tokens and a linear target. Leave `method` out to get the best there is.',
    'tokens { dimension = 1, law = rademacher }\nquery { at = [1] }\nattention { key_query = identity, value = identity }\nconcentrate { of = output }\nsolver { method = exact }',
    'tokens { dimension = 1, law = rademacher }\nquery { at = [1] }\nattention { key_query = identity, value = identity }\nconcentrate { of = output }',
  ),
  E316: entry(
    'Axis that does not apply',
    'There is no such axis for these quantities: `time` and `step` come from `train`, `step` from the discrete optimisers.',
    'plot risk against step',
    'plot risk against time',
  ),
  E317: entry(
    'Monotone in a single value',
    '`decreasing in` and `increasing in` compare at least two numbers.',
    'sweep L over [10]\nprompt { length = L }\nexpect risk decreasing in L',
    'sweep L over [10, 100]\nprompt { length = L }\nexpect risk decreasing in L',
  ),
  E318: entry(
    'Outside the trajectory',
    'A time or step named by `at` lies between 0 and the end of the training.',
    'expect risk at [time = 1000] below 1',
    'expect risk at [time = 1] below 1',
  ),
  E319: entry('No infinite-prompt limit', 'A link that grows too fast has no limit at `inf`.', '', ''),
  E320: entry('Combination that is not supported', 'These settings cannot go together.', '', ''),
  E321: entry(
    'Ragged matrix',
    'The rows of a matrix have equal length.',
    'task linear_regression { dimension = 2, covariance = matrix([[1, 0], [0]]) }',
    'task linear_regression { dimension = 2, covariance = matrix([[1, 0], [0, 1]]) }',
  ),
  E322: entry(
    'Covariance without an inverse',
    'The Bayes start and the alignment need the inverse of the covariance, and the tokens of a task are whitened.',
    'task linear_regression { dimension = 2, covariance = diagonal([1, 0]) }\nmeasure alignment',
    'task linear_regression { dimension = 2, covariance = diagonal([1, 0.1]) }\nmeasure alignment',
  ),
};

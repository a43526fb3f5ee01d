/** E6: runs that fail; W5: warnings. */
import { entry } from './entry.js';

/** Why a run failed. The mistake is not in the text alone, so there are no examples. */
export const runs = {
  E601: entry(
    'Training diverged',
    'The loss or the parameters grew without bound. For gradient descent, SGD and Adam the step is too long: lower `rate`, or enlarge `batch` where the noise is at fault. For a gradient flow the risk has no minimum in reach: shorten `time`. The curve up to there is kept.',
    '',
    '',
  ),
  E602: entry(
    'No infinite-prompt limit',
    'With this link or law the output of attention has no limit as the prompt grows, or none at these parameters.',
    '',
    '',
  ),
  E603: entry(
    'Beyond double precision',
    'The accuracy that was asked for cannot be reached: the scores are too sharp or the flow too stiff. Use a higher temperature, smaller parameters, a shorter time or a coarser `tolerance`.',
    '',
    '',
  ),
  E604: entry('Out of memory', 'The run needs more memory than its worker has: make `points`, `samples` or the dimension smaller.', '', ''),
  E605: entry('Not supported', 'The solver has no method for this combination of settings.', '', ''),
  E606: entry(
    'Solver stopped',
    'An internal error, or the end of its worker, stopped the run. Its text and the log are worth a report.',
    '',
    '',
  ),
  E607: entry('Cancelled', 'The run was stopped before it was finished.', '', ''),
};

export const warnings = {
  W501: entry('Unused definition', 'Nothing uses this name.', 'let n = 3', 'let n = 3\nprompt { length = n }'),
  W502: entry(
    'Sweep without effect',
    'No setting depends on this sweep, so that its runs are all alike.',
    'sweep n over [1, 2]',
    'sweep n over [1, 2]\nprompt { length = n }',
  ),
  W510: entry(
    'Softmax condenses',
    'The mean variance of the scores has passed 2 log L: softmax attends to a few tokens, and the infinite-prompt limit says nothing about a prompt of this length. Known after solving; during a training the message gives the time. Longer prompts, a higher temperature or a shorter training stay within. `condensation` draws how near it is.',
    '',
    '',
  ),
};

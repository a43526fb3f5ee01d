/** Version of the numbers: part of every hash. Raise it whenever a result changes in any bit. */
export const solverVersion = '0.1.23';

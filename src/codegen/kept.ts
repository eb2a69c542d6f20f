/** `make`, run once for each of its arguments: what it made is kept as long as the argument. */
export function kept<Argument extends object, Result>(make: (argument: Argument) => Result): (argument: Argument) => Result {
  const made = new WeakMap<Argument, Result>();
  return (argument) => {
    const known = made.get(argument);
    if (known !== undefined) return known;
    const result = make(argument);
    made.set(argument, result);
    return result;
  };
}

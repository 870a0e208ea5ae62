/** How many of `count` are more than half. */
export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

/** Resolves true as soon as `needed` of the answers are true, false as soon as that cannot be any more. Answers must not reject. */
export function enoughOf(answers: readonly Promise<boolean>[], needed: number): Promise<boolean> {
  if (answers.length < needed) return Promise.resolve(false);
  return new Promise((resolve) => {
    let yes = 0;
    let no = 0;
    const count = (answer: boolean): void => {
      if (answer) yes += 1;
      else no += 1;
      if (yes >= needed) resolve(true);
      else if (answers.length - no < needed) resolve(false);
    };
    for (const answer of answers) void answer.then(count);
  });
}

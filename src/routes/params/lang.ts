/** Two letters, and a variant: `de`, `en`, `de-simple`. Whether it is offered, the municipality says. */
export const match = (value: string): boolean => /^[a-z]{2}(-[a-z]{2,8})?$/.test(value);

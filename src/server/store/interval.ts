/** A length of time in milliseconds as PostgreSQL reads an interval. */
export const milliseconds = (n: number): string => `${Math.round(n)} milliseconds`;

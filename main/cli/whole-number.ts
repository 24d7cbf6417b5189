import { RequestError } from '../errors.ts';

/** @throws RequestError unless it is a number from 1 to `most` */
export function wholeNumber(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RequestError(`${flag} ${text} is not a number from 1 to ${most}`, `Give for instance ${flag} 2`);
}

// What numbers are called.
const phones = new Map(); // what the owner of a phone calls it
const numbers = new Map(); // what the account calls a number

export function learn(picture) {
  phones.clear();
  numbers.clear();
  for (const p of picture.phones) if (p.name) phones.set(p.phone, p.name);
  for (const n of picture.numbers) if (n.friendly_name !== n.phone) numbers.set(n.phone, n.friendly_name);
}

// spaced groups the digits of a number as its country does, where that is known. No line breaks within it.
export function spaced(number) {
  const american = /^(\+1)(\d{3})(\d{3})(\d{4})$/.exec(number);
  const british = /^(\+44)(\d{4})(\d{6})$/.exec(number);
  return (american ?? british)?.slice(1).join('\u00a0') ?? number;
}

export const callerName = (number) => /^\+\d/.test(number) ? spaced(number) : 'a withheld number';

export const phoneName = (number) => phones.get(number) ?? callerName(number);

// lineName is what a rung phone shows: the name of one of the account's numbers, else the number.
export const lineName = (number) => numbers.get(number) ?? callerName(number);

export const numberName = (number) => numbers.has(number) ? `${numbers.get(number)} (${spaced(number)})` : spaced(number);

// fileName is the last part of an address, for audio; other descriptions stay as they are.
export const fileName = (address) => /^https?:/.test(address) ? address.split('/').at(-1) : address;

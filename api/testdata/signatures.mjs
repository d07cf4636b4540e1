// Writes signatures.json: webhooks signed by the carrier's own library. To run it, in an empty
// directory outside of this repository:
//
//   npm i twilio@6.2.0
//   node <repository>/api/testdata/signatures.mjs > <repository>/api/testdata/signatures.json
import { createRequire } from 'node:module'

const require = createRequire(`${process.cwd()}/`)
const { getExpectedTwilioSignature, validateRequest } = require('twilio/lib/webhooks/webhooks')
const { version } = require('twilio/package.json')

const voice = 'https://ringdown.example/twilio/voice'
const call = { CallSid: 'CA1234567890ABCDE', From: '+447700900123', To: '+12025550199' }
const leg = '/twilio/leg/CA1234567890ABCDE/1.alice.1.1?lang=en-GB'

// Each case is what the carrier signs: its URL, with the params, sent as body. address is the URL
// as we are configured to see it, where it is another.
const cases = [
  {
    name: 'the documented example',
    url: 'https://example.com/myapp.php?foo=1&bar=2',
    params: { CallSid: 'CA1234567890ABCDE', Caller: '+14158675310', Digits: '1234', From: '+14158675310', To: '+18005551212' },
  },
  { name: 'a call', url: voice, params: call },
  { name: 'a leg', url: `https://ringdown.example${leg}`, params: call },
  { name: 'https on another port, signed without it', address: `https://ringdown.example:8443${leg}`, url: `https://ringdown.example${leg}`, params: call },
  { name: 'https on another port, signed with it', url: `https://ringdown.example:8443${leg}`, params: call },
  { name: 'https on port 443, signed without it', address: `https://ringdown.example:443${leg}`, url: `https://ringdown.example${leg}`, params: call },
  { name: 'https on port 443, signed with it', url: `https://ringdown.example:443${leg}`, params: call },
  { name: 'http on another port', url: `http://ringdown.example:8080${leg}`, params: call },
  { name: 'http without a port', url: `http://ringdown.example${leg}`, params: call },
  { name: 'an IPv6 host', url: `https://[2001:db8::1]${leg}`, params: call },
  { name: 'an IPv6 host on another port, signed without it', address: `https://[2001:db8::1]:8443${leg}`, url: `https://[2001:db8::1]${leg}`, params: call },
  { name: 'an IPv6 host on another port, signed with it', url: `https://[2001:db8::1]:8443${leg}`, params: call },
  { name: 'a colon and a port in the query', url: `${voice}?at=10:30&to=https://a.example:1/b`, params: call },
  { name: 'a public URL with a path', url: 'https://example.com/ringdown/twilio/voice?try=1', params: call },
  { name: 'a query in no order', url: `${voice}?b=2&a=1&B=3&=&&c`, params: call },
  { name: 'an apostrophe in the query', url: `${voice}?name=O'Brien`, params: call },
  { name: 'an escaped slash in the path', url: 'https://ringdown.example/twilio/leg/CA1%2F2/1.a.1.1', params: call },
  { name: 'an escaped space in the query', url: `${voice}?name=a%20b`, params: call },
  { name: 'a plus in the query', url: `${voice}?name=a+b`, params: call },
  { name: 'a semicolon in the query', url: `${voice}?name=a;b`, params: call },
  { name: 'escapes in small letters', url: `${voice}?name=%c3%a9%2f`, params: call },
  { name: 'no body', url: voice, params: {} },
  { name: 'empty values', url: voice, params: { ...call, FromCity: '', CallerName: '', Digits: '' } },
  { name: 'UTF-8', url: voice, params: { ...call, FromCity: 'Zürich 東京 🙂', Größe: 'ß' } },
  { name: 'an apostrophe', url: voice, params: { CallerName: "O'Brien" } },
  { name: 'a space as plus', url: voice, params: { CallerName: 'a b' }, body: 'CallerName=a+b' },
  { name: 'a space as escape', url: voice, params: { CallerName: 'a b' }, body: 'CallerName=a%20b' },
  { name: 'a plus as escape', url: voice, params: { From: '+447700900123' }, body: 'From=%2B447700900123' },
  { name: 'a slash as escape', url: voice, params: { Url: 'a/b' }, body: 'Url=a%2Fb' },
  { name: 'a slash as it is', url: voice, params: { Url: 'a/b' }, body: 'Url=a/b' },
  { name: 'a semicolon as it is', url: voice, params: { CallerName: 'a;b=c', CallSid: 'CA1' }, body: 'CallerName=a;b=c&CallSid=CA1' },
  { name: 'ampersand and equals sign', url: voice, params: { CallerName: 'a&b=c' } },
  { name: 'white space around values', url: voice, params: { CallerName: ' a\r\n\tb ', FromCity: ' ' } },
  { name: 'names in capitals and small letters', url: voice, params: { called: '1', Called: '2', CALLED: '3', _: '4' } },
  { name: 'a name that begins another', url: voice, params: { To: '1', ToCity: '2', T: '3', 'To ': '4' } },
  { name: 'a name twice with one value', url: voice, params: { Digits: ['1', '1'], CallSid: 'CA1' }, body: 'Digits=1&CallSid=CA1&Digits=1' },
  { name: 'a name twice with two values', url: voice, params: { Digits: ['2', '1'], CallSid: 'CA1' }, body: 'Digits=2&CallSid=CA1&Digits=1' },
  { name: 'a name four times with three values', url: voice, params: { a: ['', 'b', 'B', 'b'] }, body: 'a=&a=b&a=B&a=b' },
  { name: 'parameters in no order', url: voice, params: { z: '1', a: '2', M: '3' }, body: 'z=1&a=2&M=3' },
  { name: 'a parameter that nobody knows', url: voice, params: { ...call, BrandNewParameter: 'x' } },
  { name: 'long values', url: voice, params: { CallToken: 'token/+'.repeat(500), StirPassportToken: 'é'.repeat(2000) } },
  { name: 'another token', token: '0123456789abcdef0123456789abcdef', url: voice, params: call },
]

const encode = (params) =>
  Object.entries(params).flatMap(([name, values]) => [values].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)).join('&')

const signed = cases.map(({ name, token = '12345', url, address = url, params, body = encode(params) }) => {
  const signature = getExpectedTwilioSignature(token, url, params)
  if (!validateRequest(token, signature, address, params)) throw new Error(`${name}: the library refuses its own signature`)
  return `    ${JSON.stringify({ name, token, address, body, signature })}`
})
console.log(`{
  "source": "npm twilio ${version}, lib/webhooks/webhooks.js",
  "cases": [
${signed.join(',\n')}
  ]
}`)

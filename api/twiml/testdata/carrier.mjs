// Writes carrier.json: the carrier's verbs, attributes, enum values and nesting. README.md says how to run it.
import { readFileSync } from 'node:fs'

const [, , folder] = process.argv // of the unpacked npm package twilio
const source = readFileSync(`${folder}/lib/twiml/VoiceResponse.d.ts`, 'utf8')
const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))

const enums = {}
for (const [, name, union] of source.matchAll(/^ {4}type (\w+) = (.*);$/gm)) enums[name] = union.split(' | ').map((v) => JSON.parse(v))

const attributesOf = {}
for (const [, name, body] of source.matchAll(/^ {4}export interface (\w+) \{\n([^]*?)^ {4}\}$/gm)) {
  attributesOf[name] ??= {}
  for (const [, attribute, type] of body.matchAll(/^ {8}"?([\w:-]+)"?\??: (.+);$/gm)) attributesOf[name][attribute] = type
}

// A method's comment names the element it adds; its last signature tells the attributes and whether there is a text.
const elements = { Response: { text: 'none', attributes: {}, children: [] } }
const classes = source.matchAll(/^(?:declare| {4}export) class (\w+) extends TwiML \{\n([^]*?)^(?: {4})?\}$/gm)
for (const [, parent, body] of classes) {
  const inside = parent === 'VoiceResponse' ? 'Response' : parent
  const methods = body.matchAll(/\* <(\w+)> TwiML (?:Verb|Noun)\n(?:\s+\*.*\n)*?\s+\*\/\n((?:\s+(?!constructor)\w+\(.*\): VoiceResponse\.\w+;\n)+)/gi)
  for (const [, name, signatures] of methods) {
    const last = signatures.trim().split('\n').at(-1)
    const attributes = last.match(/attributes\??: VoiceResponse\.(\w+)/)?.[1]
    const text = last.match(/(\w+)(\??): string/)
    elements[name] = {
      text: !text ? 'none' : text[2] ? 'optional' : 'required',
      attributes: attributesOf[attributes] ?? {},
      children: elements[name]?.children ?? [],
    }
    elements[inside] ??= { text: 'none', attributes: {}, children: [] }
    elements[inside].children.push(name)
  }
}

const lines = (table) => Object.keys(table).sort().map((k) => `    ${JSON.stringify(k)}: ${JSON.stringify(table[k])}`).join(',\n')
const used = new Set(Object.values(elements).flatMap((e) => Object.values(e.attributes)).map((type) => type.replace('[]', '')))
const needed = Object.fromEntries(Object.entries(enums).filter(([name]) => used.has(name)))
console.log(`{
  "source": "npm twilio ${version}, lib/twiml/VoiceResponse.d.ts",
  "notice": ${JSON.stringify(readFileSync(`${folder}/LICENSE`, 'utf8').trim())},
  "elements": {
${lines(elements)}
  },
  "enums": {
${lines(needed)}
  }
}`)

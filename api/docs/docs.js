'use strict';

// add puts a new element with text into a parent; text never becomes markup.
function add(parent, tag, text, className) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
}

// resolve follows the reference of a schema.
function resolve(doc, schema) {
  return schema.$ref ? doc.components.schemas[schema.$ref.split('/').pop()] : schema;
}

// rows lists the fields of a schema, those of its objects and lists too.
function rows(doc, schema, prefix = '', depth = 0) {
  const object = resolve(doc, schema);
  if (depth > 5) return [];
  if (object.items) return rows(doc, object.items, prefix + '[]', depth + 1);
  return Object.entries(object.properties || {}).flatMap(([name, field]) => {
    const place = prefix ? prefix + '.' + name : name;
    const row = { place, field, required: (object.required || []).includes(name) };
    return [row, ...rows(doc, field, place, depth + 1)];
  });
}

function describe(doc, field) {
  const schema = resolve(doc, field);
  const type = [].concat(schema.type || 'any').join(' or ');
  const limits = ['format', 'default', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems']
    .filter((limit) => schema[limit] !== undefined)
    .map((limit) => limit + ' ' + schema[limit]);
  if (schema.enum) limits.push('one of ' + schema.enum.join(', '));
  return [type, ...limits].join(', ');
}

function table(doc, parent, heading, lines) {
  if (lines.length === 0) return;
  add(parent, 'h4', heading);
  const body = add(add(parent, 'table'), 'tbody');
  for (const { place, field, required, about } of lines) {
    const row = add(body, 'tr');
    add(add(row, 'td'), 'code', place + (required ? ' *' : ''));
    add(row, 'td', describe(doc, field));
    add(row, 'td', about || field.description || resolve(doc, field).description || '');
  }
}

function operation(doc, parent, method, path, op) {
  const box = add(parent, 'details');
  box.id = op.operationId;
  const line = add(box, 'summary');
  add(line, 'span', method.toUpperCase(), 'method');
  add(line, 'code', path);
  line.append(' ' + (op.summary || ''));
  table(doc, box, 'Parameters', (op.parameters || []).map((p) => (
    { place: p.name + ' (' + p.in + ')', field: p.schema, required: p.required, about: p.description })));
  const body = op.requestBody && op.requestBody.content['application/json'];
  if (body) table(doc, box, 'Body (* is required)', rows(doc, body.schema));
  for (const [status, answer] of Object.entries(op.responses)) {
    const content = answer.content && answer.content['application/json'];
    if (content) table(doc, box, 'Answer ' + status, rows(doc, content.schema));
    else add(box, 'p', 'Answer ' + status + ': ' + answer.description);
  }
}

async function show() {
  const main = document.getElementById('operations');
  const answer = await fetch('/openapi.json');
  if (!answer.ok) throw new Error('/openapi.json answered ' + answer.status);
  const doc = await answer.json();
  document.getElementById('title').textContent = doc.info.title + ' API';
  document.getElementById('about').textContent = doc.info.description;
  for (const tag of doc.tags) {
    const link = add(document.getElementById('contents'), 'a', tag.name);
    link.href = '#' + tag.name;
    add(main, 'h2', tag.name).id = tag.name;
    add(main, 'p', tag.description);
    for (const [path, methods] of Object.entries(doc.paths)) {
      for (const [method, op] of Object.entries(methods)) {
        if ((op.tags || []).includes(tag.name)) operation(doc, main, method, path, op);
      }
    }
  }
}

show().catch((error) => add(document.getElementById('operations'), 'p', 'The document cannot be read: ' + error.message));

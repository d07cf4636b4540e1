// The page shows what the simulator says and keeps nothing of its own: each event asks for a fresh picture.
import {$, fetchPage, fetchPicture, moment, write} from './control.js';
import {drawPhones} from './cards.js';
import {drawCaller} from './dial.js';
import {drawFaults} from './faults.js';
import {speak} from './speech.js';
import {isFresh, linkCalls, startStory, tellStory} from './story.js';
import {learn} from './words.js';

const begin = 300; // how many events the story begins with
const pause = 80; // milliseconds between two pictures, at least
const glance = 1000; // and at most: not all that changes is an event
let run; // of the simulator, as the last word from it named it
let last = 0; // number of the last event told
let due = false, drawing = false;

function belongsTo(which) {
  if (which === run) return;
  run = which;
  last = 0;
  startStory();
}

async function draw() {
  const asked = moment();
  const picture = await fetchPicture();
  if (asked !== moment()) {
    due = true;
    return;
  }
  belongsTo(picture.run);
  learn(picture);
  drawPhones(picture.phones);
  drawCaller(picture);
  drawFaults(picture.faults);
}

// redraw draws one picture at a time, and one more when something happened meanwhile.
async function redraw() {
  due = true;
  if (drawing) return;
  drawing = true;
  while (due) {
    due = false;
    await draw().catch(() => {}); // the lost stream says it, and coming back draws again
    await new Promise((done) => { setTimeout(done, pause); });
  }
  drawing = false;
}

function lost(isLost) {
  $('lost').hidden = !isLost;
  write($('lost'), isLost ? 'The simulator does not answer. Trying again.' : '');
}

function listen() {
  const events = new EventSource(`/sim/events?last=${begin}`);
  events.onopen = async () => {
    lost(false);
    linkCalls((await fetchPage().catch(() => ({}))).call_link);
    redraw();
  };
  events.onerror = () => {
    lost(true);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 1000);
  };
  events.onmessage = (message) => {
    const event = JSON.parse(message.data);
    belongsTo(message.lastEventId.split('.')[0]);
    if (event.seq <= last) return;
    last = event.seq;
    tellStory(event);
    if (isFresh(event)) speak(event);
    redraw();
  };
}

setInterval(() => { if (document.visibilityState === 'visible') redraw(); }, glance);
const first = await Promise.allSettled([fetchPage(), draw()]); // names and links come before the story that uses them
linkCalls(first[0].value?.call_link);
listen();

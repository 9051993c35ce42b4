// The settings of the picked layer: fields to type into or to step with the arrow keys, and what to do with the layer.

import { showBar } from "../shared/bar.js";
import { button, element, setText } from "../shared/dom.js";
import { typeScale } from "../shared/grids.js";
import { savePng } from "../shared/pixels.js";
import { drawMaps } from "./maps.js";
import { stepped, typed, valueOf } from "./stack.js";
import { mapsTitle } from "./words.js";

const LARGE = 88; // CSS pixels of a map's height at the usual size of type

// `act` has set(letter, text), up(), down(), copy(), remove(), fix(text).
export function buildForm(act) {
  const form = { act, code: null, fields: new Map() };
  form.settings = element("div", { className: "settings" });
  const tool = (name, text, explained) => button(text, explained, () => act[name](), { "data-act": name });
  form.buttons = { up: tool("up", "Earlier", "Move one place up (Alt + ↑)"), down: tool("down", "Later", "Move one place down (Alt + ↓)"),
    copy: tool("copy", "Duplicate", "Put the same layer after it (Ctrl + D)"), remove: tool("remove", "Delete", "Take it out (Delete)") };
  form.fixes = element("div", { className: "buttons fixes" });
  form.canvas = element("canvas");
  form.mapsTitle = element("small");
  form.bar = element("div", { className: "bar" });
  const save = button("Save maps", "Save these maps as PNG", () => savePng(form.canvas, "cnnviz maps.png"));
  form.maps = element("div", { className: "maps-large" }, element("div", { className: "buttons" }, form.mapsTitle, element("span", { className: "push" }, save)), form.canvas, form.bar);
  form.refused = element("span", { className: "refused", role: "status" });
  form.root = element("div", { className: "form" }, form.fixes, form.settings,
    element("div", { className: "buttons" }, ...Object.values(form.buttons), form.refused), form.maps);
  form.root.onkeydown = (event) => { if (event.target.matches("input, select") && event.key !== "Escape") event.stopPropagation(); };
  return form;
}

export function showForm(form, layer, kind, row, place, of, arrays) {
  if (form.code !== layer.code) makeFields(form, kind);
  form.code = layer.code;
  for (const setting of kind.settings) fill(form.fields.get(setting.letter), setting, valueOf(layer, setting));
  if (!form.settings.querySelector("[aria-invalid=true]")) setText(form.refused, "");
  form.buttons.up.disabled = place === 0;
  form.buttons.down.disabled = place === of - 1;
  const fixes = row?.fixes ?? [];
  form.fixes.hidden = !fixes.length;
  form.fixes.replaceChildren("What fits: ", ...fixes.map((fix) => button(fix.words, "", () => form.act.fix(fix.text), { className: "plain fix" })));
  form.maps.hidden = !row?.maps;
  if (row?.maps) {
    const shown = drawMaps(form.canvas, row.maps, arrays, form.root.clientWidth || 600, LARGE * typeScale());
    setText(form.mapsTitle, `What it makes of the picture: ${mapsTitle(row.maps, shown)}`);
    showBar(form.bar, row.maps.bar);
  }
}

function makeFields(form, kind) {
  form.fields = new Map(kind.settings.map((setting) => [setting.letter, fieldOf(form, setting)]));
  form.settings.replaceChildren(...kind.settings.map((setting) => label(setting, form.fields.get(setting.letter))));
  form.settings.hidden = !kind.settings.length;
}

function label(setting, field) {
  field.setAttribute("aria-label", setting.title); // a list's options would count among the words of its label
  return element("label", { className: setting.kind }, element("span", { textContent: setting.title }), field);
}

function fieldOf(form, setting) {
  const set = (text) => form.act.set(setting.letter, text);
  if (setting.kind === "flag") {
    const box = element("input", { type: "checkbox" });
    box.onchange = () => set(box.checked ? "1" : "0");
    return box;
  }
  if (setting.kind === "choice") {
    const list = element("select", {}, ...setting.options.map((option) => element("option", { value: option, textContent: option })));
    list.onchange = () => set(list.value);
    return list;
  }
  return numberField(setting, set, (sentence) => setText(form.refused, sentence));
}

// `say` takes a sentence on what was typed in vain, "" where nothing was.
function numberField(setting, set, say) {
  const like = { pair: "3 or 3x5", padding: "1, 1x2 or same" }[setting.kind] ?? "a number";
  const possible = `${like}, ${setting.low} to ${setting.high}`;
  const field = element("input", { autocomplete: "off", inputMode: setting.kind === "real" ? "decimal" : "text", spellcheck: false,
    title: `${possible}; ↑ and ↓ step it` });
  const take = (text) => {
    const value = typed(setting, text);
    field.setAttribute("aria-invalid", String(value === null));
    say(value === null ? `${setting.title}: “${text.trim().slice(0, 20)}” cannot be; what can: ${possible}. It stays ${shown(field.said)}.` : "");
    if (value === null) return;
    field.value = shown(value);
    field.said = value;
    set(value);
  };
  field.onchange = () => take(field.value);
  field.onkeydown = (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (by && !event.altKey) {
      event.preventDefault();
      const next = stepped(setting, typed(setting, field.value) ?? field.said, by);
      if (next !== null) take(next);
    }
  };
  return field;
}

const shown = (text) => text.replace("x", " × ");

function fill(field, setting, text) {
  if (setting.kind === "flag") field.checked = text === "1";
  else if (setting.kind === "choice") field.value = text;
  else if (field.said !== text || !field.matches(":focus")) {
    Object.assign(field, { value: shown(text), said: text });
    field.setAttribute("aria-invalid", "false");
  }
}

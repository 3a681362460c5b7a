// The wizard's words: its steps, its fields, and what is wrong with them.

/** The steps, in the flow's order. */
export const STEPS = [
  { id: "details", title: "Project details" },
  { id: "requirements", title: "Requirements" },
  { id: "sources", title: "Data sources" },
  { id: "review", title: "Review and create" },
];

/** The fields of each step, by their names in the data. */
export const FIELDS = {
  details: {
    projectName: "Project name",
    projectDescription: "Description",
    buildingType: "Building type",
    squareFootage: "Floor area",
    numberOfFloors: "Floors",
    numberOfZones: "Zones",
    projectLocation: "Location",
    clientName: "Client",
    clientEmail: "Client’s e-mail",
    clientPhone: "Client’s phone",
    estimatedStartDate: "Start",
    estimatedEndDate: "End",
    budget: "Budget",
    priority: "Priority",
  },
  requirements: { documents: "Documents" },
  sources: { aiSourcing: "AI sourcing", manualConnectors: "Connectors" },
};

const EMAIL = "Enter an address such as name@example.com, or leave it empty";
const WHOLE = "Enter a whole number in digits, such as 12";
const ERRORS = {
  projectName: { maxLength: "Use at most 100 characters", other: "Enter a name for the project" },
  buildingType: { other: "Choose a building type" },
  squareFootage: {
    required: "Enter the floor area in square feet",
    exclusiveMinimum: "The floor area has to be more than 0",
    exclusiveMaximum: "The floor area has to be less than 1,000,000",
    other: "Enter the floor area in digits, such as 12500",
  },
  numberOfFloors: { other: WHOLE },
  numberOfZones: { other: WHOLE },
  clientEmail: { other: EMAIL },
  estimatedStartDate: { other: "Enter a date, or leave it empty" },
  estimatedEndDate: { other: "Enter a date, or leave it empty" },
  budget: { minimum: "The budget can’t be negative", other: "Enter the budget in digits, such as 250000" },
  documents: {
    pattern: "Files of this format can’t be used",
    minimum: "This file is empty",
    maximum: "This file is larger than 50 MB",
    other: "Add at least one document",
  },
  aiSourcing: { other: "Choose whether AI sourcing is on or off" },
  manualConnectors: { other: "Enter a name for the connector, or remove it" },
};

/**
 * What is wrong, by the sidecar's violations (`{ pointer, keyword, message }`): texts by the names of the fields, and
 * for those that are lists by the places of their items.
 */
export function errorTexts(violations) {
  const fields = new Map();
  const items = new Map();
  for (const violation of violations) {
    const { pointer, message } = violation;
    // A keyword may come with its place in the schema.
    const keyword = violation.keyword.split("/").at(-1);
    const [, member, index] = pointer.split("/");
    // Of a member that is missing only the message has the name.
    const name = member ?? /"(.+)"$/.exec(message)?.[1] ?? "";
    const text = ERRORS[name]?.[keyword] ?? ERRORS[name]?.other ?? message;
    if (index === undefined) fields.set(name, text);
    else items.set(name, (items.get(name) ?? new Map()).set(Number(index), text));
  }
  return { fields, items };
}

/** A value as people read it. */
export function displayText(name, value) {
  switch (name) {
    case "squareFootage":
      return `${formatNumber(value)} sq ft`;
    case "numberOfFloors":
    case "numberOfZones":
      return formatNumber(value);
    case "budget":
      return typeof value === "number"
        ? value.toLocaleString("en", { style: "currency", currency: "USD" })
        : value;
    case "documents":
      return value.map(({ name, size }) => `${name} (${formatSize(size)})`).join("\n");
    case "aiSourcing":
      return value ? "On" : "Off";
    case "manualConnectors":
      return value.map(({ name }) => name).join("\n");
    case "buildingType":
    case "priority":
      return String(value).replace(/^./, (first) => first.toUpperCase());
    default:
      return String(value);
  }
}

/** The size of a file, as people read it. */
export function formatSize(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  let [size, unit] = [bytes, 0];
  while (size >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${size.toLocaleString("en", { maximumFractionDigits: unit === 0 ? 0 : 1 })} ${units[unit]}`;
}

function formatNumber(value) {
  return typeof value === "number" ? value.toLocaleString("en") : String(value);
}

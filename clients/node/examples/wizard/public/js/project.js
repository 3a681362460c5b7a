// The page of a project that was made.
import { ask } from "./api.js";
import { say } from "./notices.js";
import { showValues } from "./review.js";

const id = location.pathname.split("/").at(-1);
try {
  const { body: { project } } = await ask("GET", `/api/projects/${id}`);
  document.getElementById("title").textContent = project.data.projectName;
  document.title = project.data.projectName;
  showValues(document.getElementById("summary"), project.data);
  const created = new Date(project.createdAt).toLocaleString();
  document.getElementById("created").textContent = `Project ${project.id}, created on ${created}`;
} catch (fault) {
  say("failure", `${fault.message}.`, { kind: "error" });
}

(function () {
  "use strict";
  // What every page does: each table can be saved as CSV, and paper shows what is folded away.

  const FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;
  const NUMBER = /^[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?( ?%)?$/;

  // A cell as text: lines of one cell are parted by "; ", the minus sign before a digit is "-".
  function cellText(cell) {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll("br").forEach((end) => end.replaceWith("; "));
    copy.querySelectorAll("button").forEach((button) => button.remove());
    return copy.textContent.replace(/[\s\u00a0]+/g, " ").replace(/\u2212(?=[\d.])/g, "-").trim();
  }

  // RFC 4180. What a spreadsheet would run as a formula gets an apostrophe; a number stays one.
  function field(cell) {
    let text = cellText(cell);
    if (FORMULA.test(text) && !NUMBER.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  function csv(table) {
    const lines = [...table.rows].map((row) => [...row.cells].map(field).join(","));
    return "\uFEFF" + lines.map((line) => line + "\r\n").join("");
  }

  function fileName(title) {
    const plain = title.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
    return (plain.replace(/[^a-z0-9]+/g, "-").slice(0, 80).replace(/^-|-$/g, "") || "table") + ".csv";
  }

  function save(table, title) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv(table)], { type: "text/csv;charset=utf-8" }));
    link.download = fileName(title);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function addButtons() {
    document.querySelectorAll("main .table > table").forEach((table) => {
      if (!table.caption || table.caption.querySelector("button")) return;
      const title = table.caption.textContent;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "csv";
      button.textContent = "CSV";
      button.setAttribute("aria-label", "Save as CSV: " + title);
      button.addEventListener("click", () => save(table, title));
      table.setAttribute("aria-label", title);
      table.caption.prepend(button);
    });
  }

  // On a phone a table of many columns is shown as a list, in which each cell names its column.
  function nameCells() {
    document.querySelectorAll("main .table:not(.stack) > table").forEach((table) => {
      const names = [...(table.tHead ? table.tHead.rows[0].cells : [])].map(cellText);
      // Titles with links are long.
      const least = table.querySelector("tbody a") ? 3 : 4;
      if (names.length < least || names.length > 12) return;
      table.parentElement.classList.add("stack");
      for (const row of table.tBodies[0].rows) {
        [...row.cells].forEach((cell, i) => { cell.dataset.label = names[i]; });
      }
    });
  }

  function prepare() {
    nameCells();
    addButtons();
  }

  prepare();
  document.addEventListener("cx-tables", prepare);

  // Paper cannot be unfolded: definitions and appendix are printed open, and the data of tall drawings.
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll(".defs details, .appendix details, figure.tall details").forEach((part) => { part.open = true; });
  });
})();

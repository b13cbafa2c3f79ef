// Says in words why a passkey could not be used; allauth's script only tells the console.

const WORDS = {
  NotAllowedError: "Nothing was confirmed. Try again when your device or key is at hand.",
  InvalidStateError: "This device or key is known here already.",
  SecurityError: "This address cannot use passkeys: they need HTTPS and a host name.",
};

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const said = document.getElementById("passkey-said") ?? document.createElement("p");
  said.id = "passkey-said";
  said.className = "notice notice-bad";
  said.setAttribute("role", "alert");
  said.textContent = WORDS[event.detail.exception.name] ?? "The passkey could not be used. Try again.";
  document.querySelector("h1").after(said);
});

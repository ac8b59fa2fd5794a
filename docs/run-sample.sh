# The main job on the sample publication, with the commands a project manager types. Called by `make run`.
set -eu

say() {
    printf '\n$ newsletter'
    for word in "$@"; do
        case $word in *' '*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac
    done
    printf '\n'
    newsletter "$@"
}

say init "$SAMPLE"
cd "$SAMPLE"
say subscriber import subscribers/example.csv --consent "Tilaan SEUTU-uutiskirjeen."
say segment coverage
say collect
say issue new "$LABEL" --date 2017-11-24
say issue render "$LABEL"
say issue check "$LABEL"
say issue approve "$LABEL" --yes
say issue send "$LABEL" --confirm "$LABEL"
say issue report "$LABEL"
say status

printf '\nDone. Look at:\n'
printf '  %s/issues/%s/issue.toml    the issue, made for a person to edit\n' "$SAMPLE" "$LABEL"
printf '  %s/issues/%s/build/        each edition as HTML and as text: open the HTML in a browser\n' "$SAMPLE" "$LABEL"
printf '  %s/outbox/                      the rehearsed mails: open an .eml in a mail program\n' "$SAMPLE"

"""Every flag of the newest uv's commands that concern us.

Each was reviewed: `uvlocal.shim.request` handles those that affect the project or its environment,
the others do not matter there. If a new uv has another flag, a test fails until someone has
reviewed it.
"""

FLAGS = frozenset(
    (  # noqa: SIM905 - a table of words reads best as words
        "--active --all-extras --all-groups --all-packages --allow-empty-requirements "
        "--allow-existing --allow-python-downloads --allow-unsafe --annotate --ask --binary "
        "--break-system-packages --build --build-isolation --build-logs --check "
        "--check-exists --clear --compile-bytecode --create-gitignore --deps --dev "
        "--disable-pip-version-check --dry-run --editable --emit-build-options "
        "--emit-find-links --emit-index-annotation --emit-index-url --emit-marker-expression "
        "--emit-options --emit-trusted-host --exact --exclude-editable --files --fix --force "
        "--force-pep517 --frozen --generate-hashes --gui-script --hashes --header --help "
        "--inexact --invert --isolated --lfs --list --locked --managed-python --module "
        "--native-tls --no-active --no-all-extras --no-allow-empty-requirements "
        "--no-allow-unsafe --no-annotate --no-binary --no-break-system-packages --no-build "
        "--no-build-isolation --no-build-logs --no-cache --no-check --no-clear --no-color "
        "--no-compile-bytecode --no-config --no-create-gitignore --no-dedupe "
        "--no-default-groups --no-deps --no-dev --no-editable --no-emit-build-options "
        "--no-emit-find-links --no-emit-index-annotation --no-emit-index-url --no-emit-local "
        "--no-emit-marker-expression --no-emit-options --no-emit-project "
        "--no-emit-trusted-host --no-emit-workspace --no-env-file --no-frozen "
        "--no-generate-hashes --no-hashes --no-header --no-index --no-install-local "
        "--no-install-project --no-install-workspace --no-installer-metadata --no-locked "
        "--no-managed-python --no-native-tls --no-offline --no-outdated --no-pip --no-preview "
        "--no-progress --no-project --no-python-downloads --no-refresh --no-reinstall "
        "--no-relocatable --no-require-build-hashes --no-require-hashes --no-reuse-hashes "
        "--no-seed --no-setuptools --no-sources --no-strict --no-strip-extras "
        "--no-strip-markers --no-sync --no-system --no-system-certs --no-universal "
        "--no-upgrade --no-verify-hashes --no-wheel --no-workspace --offline --only-dev "
        "--only-emit-local --only-emit-project --only-emit-workspace --only-install-local "
        "--only-install-project --only-install-workspace --outdated --pre --preview --quiet "
        "--raw --refresh --reinstall --relocatable --require-build-hashes --require-hashes "
        "--resolve-links --reuse-hashes --script --sdist --seed --short --show-command "
        "--show-resolution --show-settings --show-sizes --show-version "
        "--show-version-specifiers --skip-dependency-check --strict --strip-extras "
        "--strip-markers --sync --system --system-certs --system-site-packages --universal "
        "--upgrade --user --verbose --verify-hashes --version --wheel --workspace --yes -U -V "
        "-a -c -e -f -h -m -n -q -s -v -y"
    ).split()
)

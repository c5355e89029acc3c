# Builds the image for both architectures, with a list of what is in it (SBOM) and of how it was made (provenance):
#
#   docker buildx bake -f deploy/docker/bake.hcl --set '*.tags=registry.example.com/galley:0.1.0' --push
#   COMMIT=$(git rev-parse HEAD) SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) docker buildx bake -f deploy/docker/bake.hcl
#
# From the root of the project. The same commit gives the same bytes: SOURCE_DATE_EPOCH is the commit's time, versions are locked,
# paths are rewritten.
variable "COMMIT" { default = "unknown" }
variable "SOURCE_DATE_EPOCH" { default = "0" }

group "default" { targets = ["galley"] }

target "galley" {
  context    = "."
  dockerfile = "deploy/docker/Dockerfile"
  platforms  = ["linux/amd64", "linux/arm64"]
  args = {
    COMMIT            = COMMIT
    SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH
  }
  labels = {
    "org.opencontainers.image.title"    = "galley"
    "org.opencontainers.image.licenses" = "Apache-2.0"
    "org.opencontainers.image.revision" = COMMIT
  }
  attest = ["type=sbom", "type=provenance,mode=max"]
  output = ["type=image,rewrite-timestamp=true,compression=zstd,oci-mediatypes=true"]
}

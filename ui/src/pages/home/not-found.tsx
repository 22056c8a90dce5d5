import { Link } from "react-router";
import { useTitle } from "@/app/shell/title";
import { Page } from "@/components/layout/page";
import { Empty } from "@/components/state/blank";

export default function NotFound() {
  useTitle("Not found");
  return (
    <Page>
      <Empty title="There is nothing at this address.">
        <p>
          Search with ⌘K by any id, URL or name, or go to the{" "}
          <Link to="/" className="text-accent hover:underline">
            overview
          </Link>
          .
        </p>
      </Empty>
    </Page>
  );
}

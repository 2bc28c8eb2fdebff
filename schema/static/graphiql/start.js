// Opens GraphiQL on this very address: HTTP for queries and mutations, a websocket for subscriptions. What stands in the
// headers tab goes along with both, so `{"authorization": "Bearer …"}` signs in.
const address = window.location.href.split("?")[0];
const example = `# Rota's API. Sign in by the mutation signIn, then put {"authorization": "Bearer <token>"} under Headers.
query Catalogue {
  services(first: 20) {
    totalCount
    edges { node { id name durationMinutes price { amount currency } } }
  }
}
`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: address, subscriptionUrl: address.replace(/^http/, "ws") }),
    defaultQuery: example,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }),
);

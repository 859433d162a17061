//! `TargetLocations` against an emulator, which keeps the state of accounts and of Regions apart.

use serde_json::json;

use super::emulator::{Emulator, Kind};

const BOOK: &str = "\
schemaVersion: \"0.3\"
mainSteps:
  - name: create
    action: aws:executeAwsApi
    inputs: {Service: sqs, Api: CreateQueue, QueueName: 'q-{{ global:ACCOUNT_ID }}-{{ global:REGION }}'}
";

/// The queues of each account and Region, as the Python SDK sees them with the credentials of a role there.
const QUEUES: &str = "
import botocore.session, json, os
def client(service, region, key='test', secret='test', token=None):
    return botocore.session.get_session().create_client(
        service, region_name=region, endpoint_url=os.environ['SERVER'], aws_access_key_id=key,
        aws_secret_access_key=secret, aws_session_token=token)
sts = client('sts', 'us-east-1')
found = {}
for account in ['111111111111', '222222222222']:
    role = f'arn:aws:iam::{account}:role/AWS-SystemsManager-AutomationExecutionRole'
    got = sts.assume_role(RoleArn=role, RoleSessionName='check')['Credentials']
    for region in ['eu-west-1', 'us-east-1', 'us-west-2']:
        sqs = client('sqs', region, got['AccessKeyId'], got['SecretAccessKey'], got['SessionToken'])
        found[f'{account}/{region}'] = [url.rsplit('/', 2)[1:] for url in sqs.list_queues().get('QueueUrls', [])]
print(json.dumps(found))
";

#[test]
fn two_accounts_and_two_regions_get_a_queue_each_in_its_own_place() {
    for kind in [Kind::Moto, Kind::MiniStack] {
        let Some(emulator) = Emulator::start(kind) else { return };
        create_queues(&emulator);
    }
}

fn create_queues(emulator: &Emulator) {
    let locations = "Accounts=111111111111,222222222222,Regions=eu-west-1,us-east-1";
    let ended = emulator.run(BOOK, &["--target-locations", locations]);
    assert_eq!(
        (ended.status, &ended.execution["AutomationExecutionStatus"]),
        (Some(0), &json!("Success")),
        "{}",
        ended.said
    );
    let expected = json!({
        "111111111111/eu-west-1": [["111111111111", "q-111111111111-eu-west-1"]],
        "111111111111/us-east-1": [["111111111111", "q-111111111111-us-east-1"]],
        "111111111111/us-west-2": [],
        "222222222222/eu-west-1": [["222222222222", "q-222222222222-eu-west-1"]],
        "222222222222/us-east-1": [["222222222222", "q-222222222222-us-east-1"]],
        "222222222222/us-west-2": [],
    });
    assert_eq!(emulator.sdk(QUEUES), expected);
}

/// Makes an organization with a unit; prints the id of its root.
const ORGANIZATION: &str = "
import botocore.session, json, os
client = botocore.session.get_session().create_client(
    'organizations', region_name='us-east-1', endpoint_url=os.environ['SERVER'], aws_access_key_id='test',
    aws_secret_access_key='test')
client.create_organization(FeatureSet='ALL')
root = client.list_roots()['Roots'][0]['Id']
unit = client.create_organizational_unit(ParentId=root, Name='unit')['OrganizationalUnit']['Id']
made = client.create_account(Email='a@example.com', AccountName='a')['CreateAccountStatus']['AccountId']
client.move_account(AccountId=made, SourceParentId=root, DestinationParentId=unit)
print(json.dumps({'root': root, 'made': made, 'own': client.describe_organization()['Organization']['MasterAccountId']}))
";

#[test]
fn accounts_of_a_root_and_its_units_are_listed_by_organizations() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let made = emulator.sdk(ORGANIZATION);
    let locations = json!([{
        "Accounts": [made["root"]], "Regions": ["us-east-1"], "IncludeChildOrganizationUnits": true,
        "ExcludeAccounts": [made["own"]],
    }]);
    let ended = emulator.run(BOOK, &["--target-locations", &locations.to_string()]);
    assert_eq!(ended.status, Some(0), "{}", ended.said);
    let steps: Vec<&str> = ended.execution["StepExecutions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["StepName"].as_str().unwrap())
        .collect();
    assert_eq!(steps, [format!("{}/us-east-1", made["made"].as_str().unwrap())]);
}
